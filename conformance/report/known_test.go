package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

func readKnown(t *testing.T, text string) *report.Known {
	t.Helper()
	k, err := report.ReadKnown(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func knownText(t *testing.T, k *report.Known) string {
	t.Helper()
	return written(t, func(b *bytes.Buffer) error { return k.Write(b) })
}

func checkKnownRoundTrip(t *testing.T, k *report.Known) {
	t.Helper()
	text := knownText(t, k)
	again, err := report.ReadKnown(strings.NewReader(text))
	if err != nil {
		t.Fatalf("what was written is not read: %v\n%s", err, text)
	}
	if got := knownText(t, again); got != text {
		t.Fatalf("it came back changed:\n%s\n%s", text, got)
	}
}

func TestJudge(t *testing.T) {
	const (
		failed   = conformance.Failed
		ok       = conformance.OK
		lax      = conformance.NonStrict
		clean    = conformance.CloseOK
		unclean  = conformance.CloseUnclean
		wrong    = conformance.CloseWrongCode
		noReason = ""
	)
	for _, c := range []struct {
		known   string
		verdict conformance.Verdict
		closing conformance.CloseVerdict
		strict  bool
		want    string
	}{
		{"", ok, clean, true, ""},
		{"", failed, clean, false, "regression"},
		{"", ok, wrong, false, "regression"},
		{"", lax, clean, false, ""},
		{"", lax, clean, true, "regression"},
		{"", conformance.Unimplemented, clean, true, ""},
		{"", conformance.Informational, conformance.CloseInformational, true, ""},

		{"1.1.1: FAILED", failed, clean, false, "known"},
		{"1.1.1: FAILED", failed, unclean, false, "regression"},
		{"1.1.1: FAILED", ok, clean, false, "fixed FAILED"},
		{"1.1.1: FAILED", ok, wrong, false, "regression"},
		{"1.1.1: FAILED", lax, clean, false, "fixed FAILED"},
		{"1.1.1: FAILED", lax, clean, true, "fixed FAILED known"},
		{"1.1.1: NON-STRICT", lax, clean, true, "known"},
		{"1.1.1: NON-STRICT", lax, clean, false, ""},
		{"1.1.1: NON-STRICT", failed, clean, false, "regression"},
		{"1.1.1: NON-STRICT", ok, clean, false, "fixed NON-STRICT"},
		{"1.1.1: OK, close UNCLEAN", ok, unclean, false, "known"},
		{"1.1.1: OK, close UNCLEAN", ok, wrong, false, "known"},
		{"1.1.1: OK, close UNCLEAN", ok, clean, false, "fixed OK, close UNCLEAN"},
		{"1.1.1: OK, close UNCLEAN", failed, unclean, false, "regression"},
		{"1.1.1: FAILED, close UNCLEAN", failed, clean, false, "fixed FAILED, close UNCLEAN known"},

		{"1.1.2: FAILED", failed, clean, false, "regression"},
		{"[a]\n1.1.1: FAILED", failed, clean, false, "known"},
		{"[b]\n1.1.1: FAILED", failed, clean, false, "regression"},
		{"1.1.1: NON-STRICT\n[a]\n1.1.1: FAILED", failed, clean, false, "known"},
		{"1.1.1: FAILED\n[a]\n1.1.1: NON-STRICT", failed, clean, false, "regression"},
	} {
		r := run("a")
		r.Results = []*conformance.Result{result("1.1.1", c.verdict, c.closing, noReason)}
		j := readKnown(t, c.known).Judge(r, c.strict)
		var got []string
		for range j.Regressions {
			got = append(got, "regression")
		}
		for _, f := range j.Fixed {
			got = append(got, "fixed "+f.Was)
		}
		for range j.Known {
			got = append(got, "known")
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("known %q, is %v, close %v (strict %v): %q, want %q", c.known, c.verdict, c.closing, c.strict, s, c.want)
		}
	}
	var none *report.Known
	if j := none.Judge(run("a"), false); names(j.Regressions) != "1.1.2 7.1.5" {
		t.Errorf("without a baseline: %s", names(j.Regressions))
	}
}

func TestUpdate(t *testing.T) {
	k := new(report.Known)
	k.Update(run("a"))
	const fresh = `# Known faults, for 'duplex check ... --known': a case that is not here and fails,
# or is worse than here, fails the run.

1.1.2: FAILED, close UNCLEAN  # title of 1.1.2
6.4.1: NON-STRICT  # title of 6.4.1
7.1.5: OK, close WRONG CODE  # title of 7.1.5
`
	if got := knownText(t, k); got != fresh {
		t.Errorf("a new baseline is\n%s\nwant\n%s", got, fresh)
	}
	checkKnownRoundTrip(t, k)
	if j := k.Judge(run("a"), true); len(j.Regressions) > 0 || len(j.Fixed) > 0 || len(j.Known) != 3 {
		t.Errorf("what was recorded is judged %+v", j)
	}

	k = readKnown(t, `# our head

# of this one
1.1.1: FAILED # gone
# about this one
1.1.2: NON-STRICT # see issue 12
9.9.9: FAILED # not run
[a client]
1.1.2: FAILED
`)
	k.Update(run("a"))
	const updated = `# our head

# about this one
1.1.2: FAILED, close UNCLEAN  # see issue 12
6.4.1: NON-STRICT  # title of 6.4.1
7.1.5: OK, close WRONG CODE  # title of 7.1.5
9.9.9: FAILED  # not run

[a client]
1.1.2: FAILED
`
	if got := knownText(t, k); got != updated {
		t.Errorf("updated it is\n%s\nwant\n%s", got, updated)
	}
	checkKnownRoundTrip(t, k)
}

// Each client has faults of its own.
func TestUpdateOfClients(t *testing.T) {
	k := new(report.Known)
	for _, name := range []string{"one", "two", "", " ", "[x]", "a\nb", hostile} {
		r := run(name)
		r.Role = report.Client
		r.Results = r.Results[:2]
		k.Update(r)
		if j := k.Judge(r, true); len(j.Regressions) > 0 || len(j.Known) != 1 {
			t.Errorf("%q: what was recorded is judged %+v", name, j)
		}
	}
	checkKnownRoundTrip(t, k)
	text := knownText(t, k)
	for _, want := range []string{"\n[one]\n1.1.2: ", "\n[two]\n1.1.2: ", "\n[\"a\\nb\"]\n1.1.2: "} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	better := run("one")
	better.Role = report.Client
	better.Results = better.Results[:2]
	better.Results[1].Verdict, better.Results[1].Close = conformance.OK, conformance.CloseOK
	k.Update(better)
	if got := knownText(t, k); strings.Contains(got, "[one]") || !strings.Contains(got, "[two]") {
		t.Errorf("one is fixed, two is not:\n%s", got)
	}
}

func TestReadKnownRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"1.1.1":                                "line 1 of the known faults: \"1.1.1\": write the number",
		"\n\n1.1.1 FAILED":                     "line 3",
		"x: FAILED":                            "write the number",
		"1.1.1: FAILD":                         `"FAILD" is no verdict`,
		"1.1.1: OK, close LATE":                `"LATE" is no verdict on closing`,
		"1.1.1: OK":                            "a case that passes is no known fault",
		"1.1.1: OK, close OK":                  "a case that passes is no known fault",
		"1.1.1: FAILED\n1.1.1: FAILED":         "line 2 of the known faults: case 1.1.1 stands in line 1 already",
		"[a":                                   "in brackets",
		"[]":                                   "in brackets",
		`["a]`:                                 "in brackets",
		"1.1.1: " + strings.Repeat("x", 1<<20): "token too long",
	} {
		if _, err := report.ReadKnown(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "# only this\n", "[a]\n1.1.1: FAILED\n[b]\n1.1.1:FAILED#x\n[a]\n1.1.2: FAILED,  close  UNCLEAN"} {
		if _, err := report.ReadKnown(strings.NewReader(text)); err != nil && !strings.Contains(text, "  close") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
