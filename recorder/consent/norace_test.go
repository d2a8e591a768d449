//go:build !race

package consent

// stories is how many the replay is told.
const stories = "1500"

// stride is how far apart the bytes are that are tampered with.
const stride = 1
