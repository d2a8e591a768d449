package polls

import (
	"context"
	"io"
	"sync"
	"time"

	"gorm.io/gorm"

	"plenum/picture"
	"plenum/webinar"
)

// PictureID names a picture.
type PictureID string

// Picture stands beside the text of an option.
type Picture struct {
	ID            PictureID
	Type          string // media type
	Width, Height int    // pixels
	Alt           string // the picture in words, for those who do not see it

	file string
	from webinar.ID // of a draft that is being copied: where the picture is
}

// DraftPicture puts a picture that was uploaded beside an option.
type DraftPicture struct {
	Option int // place in [Draft.Options], from 0
	ID     PictureID
	Alt    string

	from webinar.ID // of a copy: where the picture is; empty: in the poll's own webinar
}

// The limits of pictures.
const (
	MaxAlt      = 200 // runes
	MaxPictures = 200 // of one webinar
	unusedFor   = 24 * time.Hour
)

// validatePictures cleans the words in place. That the pictures exist is seen when the draft is stored.
func (d *Draft) validatePictures() error {
	seen := map[int]bool{}
	for i, p := range d.Pictures {
		alt, err := webinar.CleanText("alt", p.Alt, MaxAlt, true)
		switch {
		case err != nil:
			return err
		case p.Option < 0 || p.Option >= len(d.Options) || p.ID == "":
			return &webinar.InvalidError{Field: "pictures", Reason: "unknown"}
		case seen[p.Option]:
			return &webinar.InvalidError{Field: "pictures", Reason: "duplicate"}
		}
		seen[p.Option] = true
		d.Pictures[i].Alt = alt
	}
	return nil
}

// Pictures takes in pictures for options and gives them to those who may see their poll. Its methods may be called
// concurrently.
type Pictures struct {
	store store
	shelf *picture.Shelf
	one   sync.Mutex // decodes: each may need a hundred MiB

	mu      sync.Mutex
	arrives map[PictureID]bool // on the shelf, but perhaps not yet in the database
}

// NewPictures returns the pictures on a shelf.
func NewPictures(db *gorm.DB, shelf *picture.Shelf) *Pictures {
	return &Pictures{store: store{db}, shelf: shelf, arrives: map[PictureID]bool{}}
}

// Add takes in an upload. Until an option of a poll names it, it is the hosts' only, and erased after a day. Errors:
// picture.ErrFormat, picture.ErrDamaged, picture.ErrTooLarge, *webinar.InvalidError, webinar.ErrNotFound, webinar.ErrEnded.
func (s *Pictures) Add(ctx context.Context, w webinar.ID, upload []byte) (Picture, error) {
	renewed, err := s.renew(ctx, upload)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{ID: PictureID(webinar.NewID()), Type: renewed.Type, Width: renewed.Width, Height: renewed.Height}
	p.file = string(p.ID)
	s.arriving(p.ID, true)
	defer s.arriving(p.ID, false)
	if err := s.shelf.Put(string(p.ID), renewed.Data); err != nil {
		return Picture{}, err
	}
	err = s.store.transaction(func(tx *txn) error {
		if err := tx.running(w); err != nil {
			return err
		}
		return tx.insertPicture(w, p, time.Now())
	})
	if err != nil {
		_ = s.shelf.Remove(string(p.ID)) // or the next sweep does it
		return Picture{}, err
	}
	return p, nil
}

func (s *Pictures) renew(ctx context.Context, upload []byte) (picture.Picture, error) {
	s.one.Lock()
	defer s.one.Unlock()
	if ctx.Err() != nil { // nobody waits for it any more
		return picture.Picture{}, context.Cause(ctx)
	}
	return picture.Renew(upload)
}

func (s *Pictures) arriving(id PictureID, yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if yes {
		s.arrives[id] = true
	} else {
		delete(s.arrives, id)
	}
}

// Open returns a picture and its file. All is for hosts: also what no poll shows that was opened. Errors: ErrNotFound.
func (s *Pictures) Open(ctx context.Context, w webinar.ID, id PictureID, all bool) (Picture, io.ReadSeekCloser, error) {
	p, err := s.store.picture(ctx, w, id, all)
	if err != nil {
		return Picture{}, nil, err
	}
	f, err := s.shelf.Open(p.file)
	if err != nil {
		return Picture{}, nil, fault("open picture", err)
	}
	return p, f, nil
}

// Sweep erases the files of pictures that went with their poll or their webinar, and what nobody has used for a day.
func (s *Pictures) Sweep(ctx context.Context) error {
	if err := s.store.dropUnused(ctx, time.Now().Add(-unusedFor)); err != nil {
		return err
	}
	return s.shelf.Sweep(func() (map[string]bool, error) {
		keep := map[string]bool{}
		s.mu.Lock() // before the rows are read: what is not arriving any more has its row by then, if ever
		for id := range s.arrives {
			keep[string(id)] = true
		}
		s.mu.Unlock()
		files, err := s.store.files(ctx)
		for _, name := range files {
			keep[name] = true
		}
		return keep, err
	})
}
