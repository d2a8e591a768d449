package polls

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"math/big"
	"time"

	"plenum/webinar"
)

// promise writes what a draft promises its voters.
func (t *txn) promise(p *Poll) error {
	return fault("promise poll", t.db.Exec("UPDATE polls SET secrecy = ?, changeable = ? WHERE id = ?", p.Secrecy, p.Changeable, p.ID).Error)
}

const replacingSQL = `SELECT ` + votingSQL + `,
	EXISTS (SELECT 1 FROM tickets t WHERE t.id = ? AND t.webinar_id = p.webinar_id AND t.expires_at > ?),
	EXISTS (SELECT 1 FROM ballots b WHERE b.receipt = ?),
	coalesce((SELECT b.answer FROM ballots b WHERE b.receipt = ? AND b.poll_id = p.id), ''),
	coalesce((SELECT b.answer FROM ballots b WHERE b.receipt = ? AND b.poll_id = p.id), '')
	FROM polls p WHERE p.id = ? AND p.webinar_id = ?`

// replace puts a ballot in the place of the one under before, which it returns the answer of. It changes nothing when it
// was done already. R is what is known already.
func (t *txn) replace(p Poll, before Receipt, b Ballot, who webinar.TicketID, r replacing, now time.Time) (was Answer, changed bool, err error) {
	var earlier, there string
	err = t.db.Raw(replacingSQL, who, now.UnixMilli(), b.Receipt, before, b.Receipt, b.Poll, p.Webinar).Row().
		Scan(&r.state, &r.ticket, &r.receipt, &earlier, &there)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return was, false, ErrNotFound
	case err != nil:
		return was, false, fault("read standing", err)
	}
	answer, err := json.Marshal(answerJSON(b.Answer))
	if err != nil {
		return was, false, fault("write answer", err)
	}
	r.here, r.done = earlier != "", there == string(answer)
	if err := r.verdict(); err != nil || !r.here {
		return was, false, err
	}
	var read answerJSON
	if err := json.Unmarshal([]byte(earlier), &read); err != nil {
		return was, false, fault("read ballot", err)
	}
	err = t.db.Exec("UPDATE ballots SET receipt = ?, answer = ? WHERE receipt = ?", b.Receipt, string(answer), before).Error
	return Answer(read), true, fault("change ballot", err)
}

// sign writes whose ballot it is: a ticket's, or in a motion a member's.
func (t *txn) sign(b Ballot, who string) error {
	return fault("sign ballot", t.db.Exec("INSERT INTO named_votes (poll_id, ticket_id, receipt) VALUES (?, ?, ?)", b.Poll, who, b.Receipt).Error)
}

// again turns a refusal into errCounted where the named ballot of this voter is this very one: its acknowledgement got lost.
// In polls without names nothing is stored that could tell.
func (t *txn) again(refused error, p Poll, b Ballot, who string) error {
	if p.Secrecy != Named || !errors.Is(refused, ErrAlreadyVoted) {
		return refused
	}
	answer, err := json.Marshal(answerJSON(b.Answer))
	if err != nil {
		return fault("write answer", err)
	}
	var same bool
	err = t.db.Raw(`SELECT EXISTS (SELECT 1 FROM named_votes n JOIN ballots b ON b.receipt = n.receipt
		WHERE n.poll_id = ? AND n.ticket_id = ? AND n.receipt = ? AND b.answer = ?)`, p.ID, who, b.Receipt, string(answer)).Row().Scan(&same)
	switch {
	case err != nil:
		return fault("read named ballot", err)
	case same:
		return errCounted
	}
	return refused
}

// signed returns the ballots of a named poll.
func (s store) signed(ctx context.Context, id PollID) ([]Signed, error) {
	var rows []struct{ Receipt, Answer, TicketID, Name string }
	err := s.db.WithContext(ctx).Raw(`SELECT b.receipt, b.answer, n.ticket_id, coalesce(m.name, t.name, '') AS name FROM named_votes n
		JOIN ballots b ON b.receipt = n.receipt LEFT JOIN tickets t ON t.id = n.ticket_id LEFT JOIN members m ON m.id = n.ticket_id
		WHERE n.poll_id = ? ORDER BY name, n.ticket_id`, id).Scan(&rows).Error
	if err != nil {
		return nil, fault("read named ballots", err)
	}
	out := make([]Signed, len(rows))
	for i, r := range rows {
		var a answerJSON
		if err := json.Unmarshal([]byte(r.Answer), &a); err != nil {
			return nil, fault("read named ballots", err)
		}
		out[i] = Signed{Ballot: Ballot{Receipt: Receipt(r.Receipt), Poll: id, Answer: Answer(a)}, Ticket: webinar.TicketID(r.TicketID), Name: r.Name}
	}
	return out, nil
}

// keepKeys gives a secret poll its keys, but for those that it has since an opening that was undone.
func (t *txn) keepKeys(id PollID, keys tokenKeys) error {
	for weight, k := range keys {
		if err := t.db.Exec("INSERT INTO poll_keys (poll_id, weight, private, public) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", id, weight, k.private, k.public).Error; err != nil {
			return fault("keep key", err)
		}
	}
	return nil
}

// forget makes sure that nothing is signed any more for the polls that where picks, and that nobody knows who had something
// signed: where few have, or few of one weight, that and the ballots would tell.
func (t *txn) forget(where string, args ...any) error {
	for _, erase := range []string{"UPDATE poll_keys SET private = x''", "DELETE FROM poll_tokens"} {
		if err := t.db.Exec(erase+" WHERE poll_id IN (SELECT id FROM polls WHERE "+where+")", args...).Error; err != nil {
			return fault("forget tokens", err)
		}
	}
	return nil
}

// dropTokens makes void what was handed out while no ballot is in the box: what is asked may change before the next opening,
// and who votes.
func (t *txn) dropTokens(id PollID) error {
	for _, table := range []string{"poll_keys", "poll_tokens", "electors"} {
		if err := t.db.Exec("DELETE FROM "+table+" WHERE poll_id = ?", id).Error; err != nil {
			return fault("drop tokens", err)
		}
	}
	return nil
}

func (s store) tokenKeys(ctx context.Context, id PollID) (tokenKeys, error) {
	var rows []struct {
		Weight          int
		Private, Public []byte
	}
	if err := s.db.WithContext(ctx).Raw("SELECT weight, private, public FROM poll_keys WHERE poll_id = ?", id).Scan(&rows).Error; err != nil {
		return nil, fault("read keys", err)
	}
	out := make(tokenKeys, len(rows))
	for _, r := range rows {
		out[r.Weight] = tokenKey{r.Private, r.Public}
	}
	return out, nil
}

// keyFor returns the key that signs for votes of a weight, and refuses a message that is no number of it: a token that
// nobody can have shall not be handed out.
func (t *txn) keyFor(id PollID, weight int, blinded []byte) (*rsa.PrivateKey, error) {
	var row []byte
	if err := t.db.Raw("SELECT private FROM poll_keys WHERE poll_id = ? AND weight = ?", id, weight).Row().Scan(&row); err != nil {
		return nil, fault("read key", err)
	}
	key, err := x509.ParsePKCS1PrivateKey(row)
	if err != nil {
		return nil, fault("read key", err)
	}
	if m := new(big.Int).SetBytes(blinded); m.Sign() == 0 || m.Cmp(key.N) >= 0 {
		return nil, &webinar.InvalidError{Field: "blinded", Reason: "malformed"}
	}
	return key, nil
}

const handedSQL = `SELECT ` + votingSQL + `,
	EXISTS (SELECT 1 FROM tickets t WHERE t.id = ? AND t.webinar_id = p.webinar_id AND t.expires_at > ?),
	EXISTS (SELECT 1 FROM tickets t WHERE t.id = ? AND (t.issued OR t.user_id IS NOT NULL)),
	coalesce((SELECT request FROM poll_tokens k WHERE k.poll_id = p.id AND k.ticket_id = ?), x'')
	FROM polls p WHERE p.id = ? AND p.webinar_id = ?`

// handOut writes that a token is given for a blinded message: to a ticket, or in a motion for a member. It returns the key
// that signs it.
func (t *txn) handOut(p Poll, who voter, blinded []byte, over bool, now time.Time) (*rsa.PrivateKey, error) {
	s := standing{over: over}
	var key string
	var weight int
	var err error
	if key, weight, s.mandate, err = t.elector(p, who); err != nil {
		return nil, err
	}
	request := sha256.Sum256(blinded)
	var personal bool
	var before []byte
	err = t.db.Raw(handedSQL, who.ticket, now.UnixMilli(), who.ticket, key, p.ID, p.Webinar).Row().Scan(&s.state, &s.ticket, &personal, &before)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrNotFound
	case err != nil:
		return nil, fault("read token", err)
	}
	s.voted = len(before) > 0 && !bytes.Equal(before, request[:])
	if err := s.verdict(); err != nil {
		return nil, err
	}
	if !personal && !p.IsMotion() { // the links of members are
		return nil, ErrNotPersonal
	}
	signer, err := t.keyFor(p.ID, weight, blinded)
	if err != nil || len(before) > 0 { // the same request again
		return signer, err
	}
	return signer, fault("hand out token", t.db.Exec("INSERT INTO poll_tokens (poll_id, ticket_id, request) VALUES (?, ?, ?)", p.ID, key, request[:]).Error)
}

const castingSQL = `SELECT ` + votingSQL + `, EXISTS (SELECT 1 FROM ballots b WHERE b.receipt = ? AND b.poll_id = p.id), EXISTS (SELECT 1 FROM ballots b WHERE b.receipt = ?),
	EXISTS (SELECT 1 FROM poll_keys k WHERE k.poll_id = p.id AND k.weight = ? AND k.public = ?) FROM polls p WHERE p.id = ?`

// cast writes a ballot whose token was checked with a key, which has to be the poll's still: an undone opening makes tokens
// void.
func (t *txn) cast(p Poll, key []byte, b Ballot, s standing) error {
	var valid bool
	err := t.db.Raw(castingSQL, b.Receipt, b.Receipt, b.Weight, key, p.ID).Row().Scan(&s.state, &s.voted, &s.receipt, &valid)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return fault("read standing", err)
	case !valid && s.state == StateOpen:
		return ErrToken
	}
	if err := s.verdict(); err != nil {
		return err
	}
	return t.put(b)
}

// put writes a ballot into the box.
func (t *txn) put(b Ballot) error {
	answer, err := json.Marshal(answerJSON(b.Answer))
	if err != nil {
		return fault("write answer", err)
	}
	return fault("insert ballot", t.db.Exec("INSERT INTO ballots (receipt, poll_id, answer, weight) VALUES (?, ?, ?, ?)", b.Receipt, b.Poll, string(answer), max(1, b.Weight)).Error)
}
