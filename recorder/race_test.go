//go:build race

package recorder

// stories is how many the model plays. Under the race detector each takes several times as long; what they find beyond
// races is found without it.
const stories = "250"
