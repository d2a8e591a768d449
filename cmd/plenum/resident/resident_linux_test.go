package resident

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// From a process of ours: code, constants, the linker's table, variables; and another file.
const smaps = `00410000-00413000 r--p 00000000 fe:00 10027064                           /opt/a program
Rss:                  12 kB
Anonymous:             0 kB
00413000-01f5d000 r-xp 00003000 fe:00 10027064                           /opt/plenum
Rss:               15788 kB
Anonymous:             0 kB
01f5d000-03ba4000 r--p 01b4d000 fe:00 10027064                           /opt/plenum
Anonymous:             0 kB
VmFlags: rd mr mw me
03ba4000-03ba7000 r--p 03793000 fe:00 10027064                           /opt/plenum
Anonymous:            12 kB
03ba7000-03d51000 rw-p 03796000 fe:00 10027064                           /opt/plenum
Anonymous:             0 kB
03d51000-05db0000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f6910fa9000-7f69110ff000 r-xp 00026000 fe:00 326269                     /usr/lib/libc.so.6
Anonymous:             0 kB
`

func TestClean(t *testing.T) {
	got, err := clean(strings.NewReader(smaps), "/opt/plenum")
	want := []mapping{{0x413000, 0x1f5d000}, {0x1f5d000, 0x3ba4000}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%x, %v instead of %x", got, err, want)
	}
}

var written = []string{"a variable that", "somebody wrote"}

// After Settle the program goes on with all it knew, and holds less of its file.
func TestSettle(t *testing.T) {
	written[1] = "has a value"
	before := rssFile(t)
	if err := Settle(); err != nil {
		t.Fatal(err)
	}
	if after := rssFile(t); after >= before {
		t.Errorf("%d kB of files before, %d after", before, after)
	}
	if strings.Join(written, " ") != "a variable that has a value" {
		t.Fatal(written)
	}
}

func rssFile(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "RssFile:")
	n, err := strconv.Atoi(strings.Fields(line)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
