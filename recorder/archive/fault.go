package archive

import "plenum/recorder/blob"

// Fault is what is wrong with the store, as far as its errors tell: each is mended by somebody else, or in another way.
type Fault string

// The faults.
const (
	Unclear     Fault = ""
	NoHost      Fault = "host"        // nobody knows its name
	Certificate Fault = "certificate" // it is not trusted
	NoTLS       Fault = "tls"         // one side speaks it and the other does not
	NoBucket    Fault = "bucket"      // it is missing
	Keys        Fault = "keys"        // they are refused
	Keeps       Fault = "keeps"       // the bucket would keep what is deleted
	Unencrypted Fault = "encryption"  // it does not encrypt as it was told to
	Nobody      Fault = "nobody"      // nothing answers at its address
	Slow        Fault = "slow"        // its answers take too long
	NoRoom      Fault = "room"        // it is full
)

func faultOf(err error) Fault {
	return map[blob.Fault]Fault{
		blob.NoHost: NoHost, blob.Certificate: Certificate, blob.NoTLS: NoTLS, blob.NoBucket: NoBucket, blob.Keys: Keys, blob.Keeps: Keeps,
		blob.Unencrypted: Unencrypted, blob.Nobody: Nobody, blob.Slow: Slow, blob.NoRoom: NoRoom,
	}[blob.FaultOf(err)]
}
