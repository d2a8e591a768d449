package polls

// Kept is the result of a poll as a recording or another file may keep it: what everybody was told, without the texts
// that fewer than least people gave, because nobody knows whose they are. It is nil before everybody is told.
func (v View) Kept(least int) *Tally {
	if v.Tally == nil || !v.Poll.told() {
		return nil
	}
	t := v.Poll.public(*v.Tally)
	if t.Texts == nil {
		return &t
	}
	texts, votes := []string{}, []int{}
	for i, text := range t.Texts {
		if t.Votes[i] >= least {
			texts, votes = append(texts, text), append(votes, t.Votes[i])
		}
	}
	t.Texts, t.Votes = texts, votes
	return &t
}
