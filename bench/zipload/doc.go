// Command zipload is the load generator of the scenarios with compression: a
// client of permessage-deflate that compresses nothing while it measures.
//
// Its messages are JSON that varies as that of a market feed or a chat does, from
// a fixed seed. They are compressed once, for the window that the server agreed
// on, and replayed in a cycle that is longer than any window. Every connection
// inflates and compares its first echoes; of the others it counts the bytes.
//
//	zipload -p PORT -P PID -c 100 -s 128 -w 0.7 -t 4    # CPU and bytes a message
//	zipload -p PORT -c 1000 -s 1024 -n 40 -t 4          # 40 messages each, then idle
//
// It prints one line of JSON. With -n it says READY on standard error when the
// connections have had their messages, and then holds them for -t seconds.
package main
