package message

import (
	"io"
)

// openOLE opens a compound file by what its streams are.
func openOLE(o *opener, d doc, data *io.SectionReader) error {
	c, err := readCFB(data)
	if err != nil {
		return err
	}
	if pkg, info := c.find("EncryptedPackage"), c.find("EncryptionInfo"); pkg != nil && info != nil {
		return openPackage(o, d, c, info, pkg)
	}
	return unknown
}
