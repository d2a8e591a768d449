//go:build race

package consent

// stories is how many the replay is told. Under the race detector each takes many times as long; what they find beyond
// races is found without it.
const stories = "200"
