package polls

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"plenum/webinar"
)

func (t *txn) insertPicture(w webinar.ID, p Picture, now time.Time) error {
	var count int
	if err := t.db.Raw("SELECT count(*) FROM pictures WHERE webinar_id = ?", w).Row().Scan(&count); err != nil {
		return fault("count pictures", err)
	}
	if count >= MaxPictures {
		return &webinar.InvalidError{Field: "pictures", Reason: "too-many", Limit: MaxPictures}
	}
	return fault("insert picture", t.db.Exec("INSERT INTO pictures (id, webinar_id, file, type, width, height, uploaded_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		p.ID, w, p.file, p.Type, p.Width, p.Height, now.UnixMilli()).Error)
}

// picture returns a picture without its words, or ErrNotFound. Unless all is asked for, it must stand in a poll that was
// opened.
func (s store) picture(ctx context.Context, w webinar.ID, id PictureID, all bool) (Picture, error) {
	p := Picture{ID: id}
	err := s.db.WithContext(ctx).Raw(`SELECT file, type, width, height FROM pictures WHERE id = ? AND webinar_id = ? AND (? OR EXISTS (
		SELECT 1 FROM poll_options o JOIN polls ON polls.id = o.poll_id WHERE o.picture_id = pictures.id AND polls.state <> 'draft'))`,
		id, w, all).Row().Scan(&p.file, &p.Type, &p.Width, &p.Height)
	if errors.Is(err, sql.ErrNoRows) {
		return Picture{}, ErrNotFound
	}
	return p, fault("read picture", err)
}

// files are those that pictures still have.
func (s store) files(ctx context.Context) (names []string, err error) {
	return names, fault("read pictures", s.db.WithContext(ctx).Raw("SELECT DISTINCT file FROM pictures").Scan(&names).Error)
}

const unnamed = " AND NOT EXISTS (SELECT 1 FROM poll_options o WHERE o.picture_id = pictures.id)"

func (s store) dropUnused(ctx context.Context, before time.Time) error {
	return fault("delete pictures", s.db.WithContext(ctx).Exec("DELETE FROM pictures WHERE uploaded_at < ?"+unnamed, before.UnixMilli()).Error)
}

// findPictures completes the pictures beside the options of a draft, copies those of a copied poll, or says that one does
// not exist.
func (t *txn) findPictures(p *Poll) error {
	for _, o := range p.Options {
		if o.Picture == nil {
			continue
		}
		at := cmp.Or(o.Picture.from, p.Webinar)
		found, err := t.picture(context.Background(), at, o.Picture.ID, true)
		switch {
		case errors.Is(err, ErrNotFound):
			return &webinar.InvalidError{Field: "pictures", Reason: "unknown"}
		case err != nil:
			return err
		}
		if at != p.Webinar {
			found.ID = PictureID(webinar.NewID())
			if err := t.insertPicture(p.Webinar, found, time.Now()); err != nil {
				return err
			}
		}
		found.Alt = o.Picture.Alt
		*o.Picture = found
	}
	return nil
}

// picturesOf names the pictures of a poll, for dropPictures once its options are gone.
func (t *txn) picturesOf(id PollID) (ids []string, err error) {
	return ids, fault("read pictures", t.db.Raw("SELECT picture_id FROM poll_options WHERE poll_id = ? AND picture_id IS NOT NULL", id).Scan(&ids).Error)
}

// dropPictures erases those that no option names any more; their files go with the next sweep.
func (t *txn) dropPictures(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return fault("delete pictures", t.db.Exec("DELETE FROM pictures WHERE id IN ?"+unnamed, ids).Error)
}
