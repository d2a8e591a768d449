//go:build !race

package consent

// stories is how many the replay is told.
const stories = "1500"
