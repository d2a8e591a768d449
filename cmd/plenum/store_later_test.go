package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// said waits for a line of the log that holds all these words.
func (h *house) said(words ...string) {
	h.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); h.pause(50 * time.Millisecond) {
		for line := range strings.Lines(h.logged.String()) {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return
			}
		}
	}
	h.t.Fatalf("nothing in the log of %q:\n%.4000s", words, h.logged)
}

// refused asks for a recording and for what else is refused with the same words, in both languages.
func (h *house) refused(code, english, german string) {
	h.t.Helper()
	for lang, words := range map[string]string{"en": english, "de": german} {
		var answer string
		h.host.lang = lang
		h.host.call("POST", h.path+"/recordings", map[string]any{"strict": true}, http.StatusServiceUnavailable, &answer)
		if !strings.Contains(answer, code) || !strings.Contains(answer, words) {
			h.t.Errorf("%s: %s", lang, answer)
		}
	}
	h.host.lang = ""
}

// A server whose store is away at its start starts all the same: webinars and polls work, recordings are neither made nor
// given out, and say why. As soon as the store is there, they are.
func TestServerStartsBeforeItsStore(t *testing.T) {
	t.Parallel() // most of it is waiting
	store := newStorehouse(t)
	h := newHouse(t, store.settings()...)
	h.start()
	speaker, movie := h.open("Early", "Bob"), newFilm(t)
	leave := h.onStage(speaker, movie)
	rec := h.announced(speaker)
	h.recorded(60_000)
	h.host.call("POST", h.path+"/recordings/"+rec.ID+"/stop", nil, 200, nil)
	leave()
	list := h.until("all stored", func(l []recordingDetail) bool { return l[0].Recording.State == "available" })
	film := h.path + "/recordings/" + rec.ID + "/segments/" + list[0].Segments[0].ID + "?download=1"
	var before, after, answer string
	h.host.call("GET", film, nil, 200, &before)
	h.kill()
	store.kill()

	h.start()
	h.said("level=WARN", "the object store does not answer", store.keys.Address)
	h.refused("storage", "does not answer", "antwortet nicht")
	h.host.call("GET", film, nil, http.StatusServiceUnavailable, &answer)
	if !strings.Contains(answer, "The store for recordings does not answer.") {
		t.Errorf("%s", answer)
	}
	h.host.call("POST", h.path+"/polls", map[string]any{"question": "Ready?", "options": []string{"Yes", "No"}}, 201, nil)

	store.start()
	h.said("level=INFO", "the object store has answered")
	h.host.call("POST", h.path+"/recordings", map[string]any{"strict": true}, 201, nil)
	h.host.call("GET", film, nil, 200, &after)
	if before != after || after == "" {
		t.Errorf("a film of %d bytes has %d now", len(before), len(after))
	}
	if n := strings.Count(h.logged.String(), "nothing can be recorded until it does"); n != 1 {
		t.Errorf("said %d times:\n%s", n, h.logged)
	}
}

// A store that must not hold recordings is found out when it answers for the first time: the server goes on without
// recording, says how to mend it, and records as soon as that is done.
func TestStoreIsFoundUnfitLater(t *testing.T) {
	t.Parallel() // most of it is waiting
	b := newBucketServer(t)
	b.set(true, true)
	h := newHouse(t, "PLENUM_S3_ENDPOINT="+b.address, "PLENUM_S3_BUCKET=films", "PLENUM_S3_ACCESS_KEY=who", "PLENUM_S3_SECRET_KEY=a random secret for this test", "PLENUM_S3_CA="+b.ca)
	h.start()
	h.open("Late", "Bob")
	h.refused("storage", "does not answer", "antwortet nicht")
	b.set(false, true)
	h.said("level=ERROR", "make a new bucket without versioning")
	h.refused("storage-unfit", "it would keep what is deleted", "Er würde behalten, was gelöscht wird")
	b.set(false, false)
	h.said("level=INFO", "the object store has answered")
	h.host.call("POST", h.path+"/recordings", map[string]any{"strict": true}, 201, nil)
}
