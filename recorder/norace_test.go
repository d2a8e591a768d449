//go:build !race

package recorder

// stories is how many the model plays.
const stories = "2000"
