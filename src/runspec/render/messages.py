"""The words for every fault.

How each code fills a Fault (errors.py); a field that is left empty only makes the
message shorter. `subject` is a dotted path in a spec, the name of an argument in a
call, or the path of a file.

    codes                         received           expected, detail
    ----------------------------  -----------------  ---------------------------------
    spec-not-found                                   the places looked in
    unknown-*, not-an-option      the word           the known words
    toml-syntax, *-invalid        what stood there   what would do; why it is wrong
    field-type                    what stood there   the type in words
    field-ignored                 type of the arg    the types the field applies to
    duplicate-key, *-conflict     the other name     `related`: the first one
    default-invalid               the default        as the check's own fault; detail
                                                     is that check's code
    not-*, too-*, out-of-range,   the value          the bounds, pattern or options
    pattern-mismatch
    not-valid                     the value          detail: what the coercer said
    unknown-argument              the option         detail "positional": it is one
    mistyped-argument             (subject: the      detail: the option as typed
                                  missing argument)
    missing-argument              its variables are  detail: its type, or "positional"
                                  `expected`
    secret-on-argv                the option         the variables to use instead
    env-file-missing              who named the file is detail: variable, runnable,
                                  config
    env-file-untrusted            why                detail: the command that mends it
    group-exclusive, -exactly-one names given        the members
    group-inclusive, -requires    detail: one given  those that lack a value
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: dict[str, tuple[str, ...]] = {
    # Files
    "spec-not-found": (
        "no {subject} was found",
        "write one with `runspec init`, or name it in RUNSPEC_CONFIG",
    ),
    "unknown-runnable": (
        "no runnable is called {quoted}",
        "give the file a section of that name",
    ),
    "program-not-found": (
        "no program called {quoted} was found",
        "install it, or put it beside its spec",
    ),
    "program-not-executable": (
        "{subject} is not executable",
        "run `chmod +x` on it",
    ),
    "program-not-started": ("{subject} can't be started<: {detail}>",),
    "file-exists": (
        "{subject} exists already",
        "nothing was written; move it away or choose another name",
    ),
    "unwritable": ("{subject} can't be written<: {detail}>",),
    "not-above-package": ("{subject} is not a directory above the package",),
    "not-a-package-name": (
        "{quoted} can't be a Python package",
        "rename the directory",
    ),
    "other-user": (
        "{subject} runs as {expected}<, and this server as {plain}>",
        "start the server as that user",
    ),
    "toml-syntax": ("this is not valid TOML<: {detail}>",),
    "json-syntax": (
        "{subject} is not plain JSON<: {detail}>",
        "mend it, or add by hand what the command prints without --write",
    ),
    "entry-taken": (
        "there is another server called {quoted}<: {detail}>",
        "choose another name with --name, or remove that entry",
    ),
    "encoding": (
        "{subject} is not UTF-8< at the byte {plain}><: {detail}>",
        "save it as UTF-8",
    ),
    "not-a-file": ("{subject} is not a regular file<: {detail}>",),
    "unreadable": ("{subject} can't be read<: {detail}>",),
    "too-large": (
        "{subject} is larger than a file of its kind may be<: {plain} bytes>",
        "check that it is the file you mean",
    ),
    "too-deep": (
        "{subject} is nested too deeply",
        "nest tables and arrays at most {first} levels deep",
        "64",
    ),
    "duplicate-key": (
        "{subject} is defined twice",
        "remove one of the two",
    ),
    # Sections and fields
    "not-a-table": (
        "{subject} must be a table<, not {typed}>",
        "top-level keys are [config] and one [section] for each runnable",
    ),
    "name-invalid": (
        "{quoted} can't be a name",
        "",
        "letters, digits, - and _ (and dots in the names of runnables and commands), "
        "beginning with a letter or a digit",
    ),
    "unknown-key": (
        "{subject} is not a key of the format, so it is ignored",
        "your own data goes into the meta table of an argument",
    ),
    "field-type": ("{subject} must be {expected}<, not {typed}>",),
    "unknown-value": ("{subject} can't be {received}",),
    "version-unsupported": (
        "{subject} is a version of the format that isn't supported<: {received}>",
        "",
        '"1"',
    ),
    "host-invalid": ("{subject} can't begin with -", "", "a host name or address"),
    "rotate-invalid": (
        "{subject} can't be {received}",
        "",
        'daily, midnight, weekly or a size such as "10 MB"',
    ),
    "range-invalid": ("{subject} can't be {plain}<: {detail}>",),
    "no-description": (
        "{subject} has no description",
        'help pages and agents show it: add description = "..."',
    ),
    "no-autonomy": (
        "{subject} doesn't say how much autonomy an agent has",
        'add autonomy = "confirm", or autonomy-default to [config]',
    ),
    "run-as-empty": ("{subject} names no user", "", "default, hosts or patterns"),
    "output-schema-without-json": (
        "{subject} is the schema of JSON, but the output is {plain}",
        'add output = "json", or remove it',
    ),
    "example-without-cmd": (
        "{subject} has no cmd",
        'write {{cmd = "...", description = "..."}}, or just the command as a string',
    ),
    # Tools
    "tool-name-conflict": (
        "two tools are called {quoted}<: {detail} and {subject}>",
        "the first one is served: rename a runnable or a command",
    ),
    "pattern-unmatched": ("{quoted} matches no tool and no runnable",),
    # Arguments
    "name-reserved": (
        "{quoted} is a name of runspec's own",
        "choose another: help, what begins with runspec_ and, where logging is "
        "configured, debug and no-summary are taken",
    ),
    "name-conflict": (
        '{quoted} is the same name as< "{detail}">',
        "- and _ are the same in a name, and --no-x belongs to the flag x: "
        "rename one of the two",
    ),
    "options-invalid": (
        "{subject} can't be {plain}<: {detail}>",
        "",
        "one or more strings, integers or floats, all of one type",
    ),
    "length-invalid": (
        "{subject} can't be {plain}<: {detail}>",
        "",
        "a whole number of at least 0, min-length not above max-length",
    ),
    "field-ignored": (
        "{subject} has no effect< on the type {plain}>",
        "<it applies to {expected}>",
    ),
    "delimiter-invalid": ("{subject} can't be {received}", "", "one character"),
    "short-invalid": (
        "{subject} can't be {received}",
        "",
        'a dash and one character, like "-v"',
    ),
    "short-reserved": (
        '{subject} can\'t be "-h", which shows the help',
        "choose another letter",
    ),
    "short-conflict": (
        "{subject} can't be {received}<: {detail} has it>",
        "choose another letter",
    ),
    "position-invalid": (
        "{subject} can't be {received}",
        "",
        "a whole number of at least 1",
    ),
    "position-conflict": (
        "{subject} can't be {plain}<: {detail} has that position>",
        "number the positionals 1, 2, 3 and so on",
    ),
    "position-order": (
        "{subject} takes all that remains, so it must be the last positional",
        "give it the highest position",
    ),
    "position-order-optional": (
        "{subject} is required, but stands behind the optional positional< {plain}>",
        "give it a lower position, or make it optional with required = false",
    ),
    "env-invalid": (
        "{subject} can't be {received}",
        "",
        "names of environment variables, not empty and without =",
    ),
    "deprecated": ("{argument} is deprecated<: {detail}>",),
    "default-invalid": ("{subject} can't be {received}<: {detail}>",),
    "default-unused": (
        "{subject} has a default that is never used, because it is required",
        "remove required = true, or the default",
    ),
    "arg-shadowed": (
        "{subject} and the argument of that name above it differ: "
        "one takes a value, the other doesn't",
        "rename one of the two",
    ),
    "env-reserved": (
        "{subject} can't be exported as< {plain},> a variable of runspec's own",
        "scripts read it under its long name only; or rename it",
    ),
    "name-shadowed": (
        "{subject} is hidden behind a method of the result",
        'read it with args.get("{plain}"), or rename it',
    ),
    # Values
    "not-text": (
        "{argument} must be text<, not {received}>",
        "",
        "UTF-8 without NUL characters",
    ),
    "not-int": (
        "{argument} must be a whole number<, not {received}>",
        "",
        "digits, with + or - before them, within 64 bits",
    ),
    "not-float": (
        "{argument} must be a number<, not {received}>",
        "",
        "a finite decimal number such as 1.5 or 2e-3",
    ),
    "not-bool": (
        "{argument} must be true or false<, not {received}>",
        "",
        "true, false, yes, no, on, off, 1 or 0",
    ),
    "not-path": (
        "{argument} must be a path<, not {received}><: {detail}>",
        "",
        "a path that is not empty and has no NUL",
    ),
    "not-an-option": ("{argument} can't be {received}",),
    "not-valid": ("{argument} can't be {received}<: {detail}>",),
    "rest-conflict": (
        "{subject} is a second argument of type rest<, after {detail}>",
        "what follows -- can go to one argument only: remove one",
    ),
    "rest-invalid": (
        "{subject} can't be set for type rest",
        "rest takes everything after -- as it is: remove the field",
    ),
    "secret-on-argv": (
        "{argument} is a secret and can't be given on the command line, "
        "where shell history and ps show it",
        "{ways}",
    ),
    "secret-positional": (
        "{subject}: a secret can't be positional, for it never stands on a "
        "command line",
        "remove position: it comes from the environment or a prompt",
    ),
    "secret-default": (
        "{subject}: a secret can't have a default, for whoever reads the file "
        "would know it",
        "remove it: the value comes from the environment or a prompt",
    ),
    "unknown-type": (
        "{subject} can't be {received}",
        "a type that your program registers is listed in types of [config]",
    ),
    "too-long": ("{argument} must have at most {first} characters<, not {received}>",),
    "too-short": (
        "{argument} must have at least {first} characters<, not {received}>",
    ),
    "pattern-mismatch": ("{argument} must match {expected}<, not {received}>",),
    "pattern-invalid": ("{subject} is not a valid pattern<: {detail}>",),
    "pattern-dangerous": (
        "{subject} is a pattern that can take too long<: {detail}>",
        "do without backreferences, conditional groups and huge repeats",
    ),
    "out-of-range": (
        "{argument} must be between {first} and {second}<, not {received}>",
    ),
    "not-a-list": ("{argument} must be a list<, not {received}>",),
    "list-empty": (
        "{argument} has a default and can't be empty",
        "leave it out to get the default, or give one item or more",
    ),
    "item-unwritable": (
        "{argument} can't be said on a command line<: {received}>",
        "items are not empty and hold no delimiter or newline",
    ),
    # Command line
    "value-missing": ("{argument} needs a value", "{dashed}"),
    "unexpected-value": (
        "{argument} takes no value<, but has {received}>",
        "write {argument} alone",
    ),
    "unknown-argument": ("there is no argument {named}",),
    "mistyped-argument": (
        "{mistyped} is not an argument; did you mean {argument}, which is required?",
    ),
    "unexpected-argument": ("unexpected argument {quoted}",),
    "unknown-command": ("there is no command {quoted}",),
    "command-missing": ("a command is missing",),
    "require-command-without-commands": (
        "{subject} is set, but there are no commands",
        "remove it, or add a table under commands",
    ),
    "missing-argument": ("{argument} is required", "{ways}"),
    # Approvals
    "approvals-untrusted": (
        "{subject} isn't used, because another user could read or change it"
        "< ({plain})>",
        "<run `{detail}`>",
    ),
    "approvals-full": (
        "{subject} is full: {first} calls wait for a person, and no more can",
        "decide them with `runspec approve`",
    ),
    "approval-not-found": (
        "nothing called {quoted} waits for a person",
        "`runspec approve` lists what waits; the agent can make the call again",
    ),
    "approval-closed": (
        "{subject} can't be decided<: {detail}>",
        "to be asked again, let the agent make the call again",
    ),
    "approval-needs-person": (
        "{subject} must be decided by a person at a terminal<, but {detail}>",
        "run `runspec approve {subject}` in a terminal of your own",
    ),
    "approval-distrusted": (
        "{subject} was changed, or written with another key, so it doesn't count",
        "remove it",
    ),
    # Serving over HTTP
    "http-not-installed": (
        "serving over HTTP needs more packages<: {detail}>",
        "install runspec[http]",
    ),
    "http-token-missing": (
        "{subject} can be reached from other machines, and there is no token",
        "give --token-file",
    ),
    "http-tls-missing": (
        "{subject} can be reached from other machines, and what is sent there isn't "
        "encrypted",
        "give --tls-cert and --tls-key, or --behind-proxy if a proxy does TLS",
    ),
    "http-token-short": (
        "the token is too short",
        "it has at least {first} characters; make one with `openssl rand -hex 32`",
    ),
    "http-token-signs": (
        "the token has characters that no bearer token can have",
        "",
        "letters, digits and - . _ ~ + / =",
    ),
    "http-token-exposed": (
        "others can read the token in {subject}<: {detail}>",
        "run `chmod 600` on it, and take a new token",
    ),
    "http-tls-incomplete": (
        "{subject} is missing",
        "a certificate and its key are given together",
    ),
    "http-tls-invalid": ("no TLS is possible with {subject}<: {detail}>",),
    "http-host-invalid": (
        "{subject} can't be {received}",
        "",
        "a host name or address, with :port or without",
    ),
    "http-not-bound": ("can't listen on {subject}<: {detail}>",),
    # Other places values come from
    "config-unknown-argument": ("{quoted} is not an argument",),
    "secret-in-config": (
        "{argument} is a secret and can't stand in a config file",
        "remove it and {ways}",
    ),
    "env-file-missing": (
        "{subject} doesn't exist<, although {naming} names it>",
        "write the file, or no longer name it",
    ),
    "env-file-syntax": (
        "this is not a line of an environment file<: {detail}>",
        "",
        "NAME=value, its quotes closed",
    ),
    "env-file-untrusted": (
        "{subject} isn't read, because another user could read or change it"
        "< ({plain})>",
        "<run `{detail}`>",
    ),
    "keyring-invalid": (
        "{subject} doesn't refer to an entry of the keyring",
        "write keyring:SERVICE/USER",
    ),
    "keyring-not-installed": (
        "{subject} is in the keyring, which can't be read without more packages",
        "install runspec[keyring]",
    ),
    "keyring-missing": (
        "{subject} isn't in the keyring<: {detail}>",
        "store it with `keyring set SERVICE USER`",
    ),
    # Groups
    "group-exclusive": (
        "at most one of {members} can be given<, not {given}>",
        "leave out all but one",
    ),
    "group-inclusive": (
        "{members} must be given too<, because {given} is>",
        "these go together: give all of them or none",
    ),
    "group-at-least-one": ("at least one of {members} must be given",),
    "group-exactly-one": ("exactly one of {members} must be given<, not {given}>",),
    "group-requires": ("{members} must be given too<, because {given} is>",),
    "group-unknown-argument": (
        "{subject} names an argument that isn't declared, so it is ignored"
        "<: {received}>",
    ),
    "group-kind": (
        "{subject} must have exactly one kind<, not {given}>",
        "",
        "exclusive, inclusive, at-least-one, exactly-one or if",
    ),
    "group-incomplete": (
        "{subject} is not complete",
        "<add {expected}>",
    ),
    "group-unsatisfiable": (
        "no command line can satisfy {subject}<: {detail}>",
        "look at the other groups that name the same arguments",
    ),
    # parse(into=...)
    "into-not-a-dataclass": (
        "parse(into=...) takes a dataclass, which {subject} isn't",
    ),
    "into-unknown-field": (
        "{subject} is a field that no argument has",
        "remove it, or declare the argument",
    ),
    "into-missing-field": (
        "{subject} is missing: the spec declares it as an argument",
        "add the field<, which holds {plain}>",
    ),
    "into-type": ("{subject}<, {plain},> can't hold every value< of {detail}>",),
    # History
    "history-untrusted": (
        "the history isn't used, because another user could change {subject}"
        "< ({plain})>",
        "<run `{detail}`>",
    ),
    "history-newer": (
        "{subject} was made by a later version of runspec<: schema {plain}>",
        "update runspec in this environment; until then new runs wait in the journal",
    ),
    "history-set-aside": (
        "{subject} couldn't be used<: {detail}>",
        "it is now {plain}; the history was made anew from what else there is",
    ),
    "history-damaged": ("{plain} damaged records in {subject} were skipped",),
    "history-not-kept": (
        "{subject} can't be written<: {detail}>",
        "nothing is lost: new runs stay in the journal until it can",
    ),
    "run-not-found": (
        "no run has the id {quoted}",
        "`runspec history` lists them; the beginning or the end of an id is enough",
    ),
    "run-ambiguous": ("several runs have an id that begins or ends with {quoted}",),
    # The audit ledger
    "audit-untrusted": (
        "{subject} isn't used, because another user could read or change it"
        "< ({plain})>",
        "<run `{detail}`>",
    ),
    "audit-broken": (
        "nothing can be added to {subject}, for it isn't as it was written<: {detail}>",
        "see `runspec audit verify`; then move audit.jsonl, audit.head and audit.key "
        "away together, and a new ledger begins",
    ),
    "audit-skipped": ("{quoted} isn't recorded in the audit ledger<: {detail}>",),
    "audit-unsigned": (
        "nothing says what {subject} must hold<: {detail}>",
        "a copy of it that was kept elsewhere does",
    ),
    "audit-changed": (
        "this is not the record that was written here< as number {plain}>",
    ),
    "audit-missing": (
        "records from {first} on are missing here: the next one is {plain}",
    ),
    "audit-moved": (
        "the record< {plain}> stands here, where {first} must",
        "it was moved or put in again",
    ),
    "audit-forked": (
        "the record< {plain}> isn't the one that followed here",
        "an older ledger was put in its place, and written on",
    ),
    "audit-cut": ("the end of {subject} is missing<: {detail}>",),
    "audit-anchor-invalid": (
        "{subject} is not a head that this ledger's key signed",
        "print one with `runspec audit head`",
    ),
    "audit-anchor-lost": (
        "the ledger doesn't hold the {first} records that {subject} is signed for",
    ),
    "audit-torn": (
        "{plain} bytes here are the beginning of a record whose writer was killed",
    ),
    "audit-uncounted": (
        "{plain} records came behind the {first} that the head counts",
        "a writer was killed, and the next one counts them; or the head is an old one",
    ),
    "audit-clock": (
        "the clock went back< before record {plain}><, from {first} to {detail}>",
    ),
    # The kill switch
    "run-denied": (
        "{subject} is denied here<: {detail}>",
        "<rule {plain}> of `runspec deny list`<, until {first}>",
    ),
    "deny-unreadable": (
        "everything is denied here, because {subject} can't be read<: {detail}>",
        "make it readable, or remove it",
    ),
    "deny-untrusted": (
        "everything is denied here, because another user could have written {subject}"
        "< ({plain})>",
        "<run `{detail}`, or remove it>",
    ),
    "deny-malformed": (
        "everything is denied here, because {subject} can't be understood<: {detail}>",
        "mend it, or remove it",
    ),
    "deny-not-found": (
        "no rule is called {quoted}",
        "`runspec deny list` shows them all",
    ),
}
"""Message, help and default of the expectation by code.

`{...}` is replaced by a word of words.Words; `<...>` is left out where a word in
it is empty.
"""

VARIANTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("name-conflict", "installed"): (
        "several packages declare the runnable {quoted}",
        "<listed is that of {expected}, whose program answers to the name>",
    ),
    ("range-invalid", "range"): (
        "{subject} can't be {plain}",
        "",
        "[min, max], two finite numbers with min not above max",
    ),
    ("options-invalid", "type"): (
        "{subject} calls for a list of options",
        'add options = ["one", "two"]',
    ),
    ("delimiter-invalid", "multiple = true"): (
        "{subject} splits a value into several, but multiple is false",
        "<set {expected}, or remove the delimiter>",
    ),
    ("position-invalid", "a type that takes a value"): (
        "{subject} makes a flag positional",
        "<give it {expected}, or remove the position>",
    ),
    ("unknown-argument", "withheld"): (
        "{named} can't be given by an agent",
        "leave {named} out: only the operator sets it",
    ),
    ("unknown-argument", "positional"): (
        "{named} is a positional argument",
        "give its value alone, without {named}",
    ),
}
"""What stands in for a message where `detail`, the last key of the subject or the
first of `expected` is this word.
"""

RELATED = {
    "duplicate-key": "first defined here",
    "length-invalid": "the upper bound",
    "arg-shadowed": "declared above here",
}
"""What the second place of a fault is; "the first one" for the others."""


def filled(template: str, words: Mapping[str, str]) -> str:
    """The template with its words, control characters already escaped in them."""
    blank = {name: word or "\0" for name, word in words.items()}
    parts = []
    for number, piece in enumerate(template.replace(">", "<").split("<")):
        text = piece.format_map(blank)
        if number % 2 == 0 or "\0" not in text:
            parts.append(text.replace("\0", ""))
    return "".join(parts).strip()
