//go:build race

package consent

// stories is how many the replay is told. Under the race detector each takes many times as long; what they find beyond
// races is found without it.
const stories = "200"

// stride is how far apart the bytes are that are tampered with; each is without the race detector.
const stride = 5
