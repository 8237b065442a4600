package wstest

// Plan 9 tells of errors by texts alone.
var reset, refused []error
