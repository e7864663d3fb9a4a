// Package tail reads log files, archives and the journal as lines with positions. It knows no mail.
//
// A path is one endless stream. It is made of generations: the file that the path names now, and the files that it
// named before, as long as something can still be written to them. What counts is content, not names: a
// generation is known again by its first bytes and by the bytes before the position, whatever it is called, and
// whether it was meanwhile compressed. So these lose nothing and repeat nothing, also over a restart:
//
//	rename and create   the old file is read to its end, and kept open for a writer that does not know yet
//	copy and truncate   the rest is read from the copy
//	several rotations   those that were never seen at the path are read in their order
//	compression         gzip, bzip2, xz, zstd; what was read of the file is skipped
//
// Nothing here waits or watches a clock: Read returns what there is, and AtEnd says that there is no more now.
// A Watcher says when it may be worth to read again.
package tail
