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
    unknown-argument              the option         detail: why not
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
    "no-recipe": (
        "{subject} is no recipe<: {detail}>",
        "put a [tool.runspec] table into a `# /// script` block at its top",
    ),
    "block-unclosed": (
        "{subject} has a `# /// script` block that is never closed",
        "end it with a line that is `# ///` and nothing else; every line between "
        "begins with `# ` or is `#`",
    ),
    "block-repeated": (
        "{subject} has two `# /// script` blocks",
        "make them one",
    ),
    "runnable-unnamed": (
        "{subject} declares not just one runnable<, but {plain}>",
        "say which one is meant",
    ),
    "not-a-directory": ("{subject} is not a directory",),
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
        "{subject} runs as another user<: {expected}><, and this is {plain}>",
        "run this instead<: {detail}>",
    ),
    "run-as-unset": (
        "the user that {subject} runs as isn't known<: {plain} isn't set>",
        "set <{plain}> to the name of a user",
    ),
    "unknown-user": ("{subject} runs as {quoted}, and there is no such user here",),
    "wrong-host": (
        "{subject} doesn't run on this machine<, which is {plain}>",
        "run it where it belongs; a person can run it here with `runspec run --force`",
    ),
    "become-not-found": (
        "there is no {subject} here to become another user with<: {detail}>",
        "install it, or say another become_method",
    ),
    "needs-posix": (
        "{subject} needs a POSIX system, such as Linux or macOS",
        "on Windows, use the Windows Subsystem for Linux",
    ),
    "become-no-python": (
        "{subject} can't run the Python that starts programs as another user",
        "let that user read one of these: {expected}",
    ),
    "become-failed": (
        "<{plain} did not become {subject}><: {detail}>",
        "check that this user may, by running it yourself",
    ),
    "become-flags-invalid": (
        "{subject} can't be split into words<: {detail}>",
        "close each quote",
    ),
    "toml-syntax": ("this is not valid TOML<: {detail}>",),
    "json-syntax": (
        "{subject} is not plain JSON<: {detail}>",
        "fix it, or add by hand what the command prints without --write",
    ),
    "entry-taken": (
        "there is another server called {quoted}<: {detail}>",
        "choose another name with --name, or remove that entry",
    ),
    "encoding": (
        "{subject} is not UTF-8< at the byte {plain}><: {detail}>",
        "save it as UTF-8",
    ),
    "encoding-unknown": (
        "{subject} declares an encoding that it can't have<: {plain}>",
        "save it as UTF-8, without a coding comment",
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
        "<{detail}>",
        "letters, digits, - and _ (and dots in the names of runnables and commands), "
        "beginning with a letter or a digit",
    ),
    "unknown-key": (
        "{subject} is not a key of the format, so it is ignored",
        "your own data goes into a meta table",
    ),
    "foreign-key": ("{subject} is not a key of the format", "<{detail}>"),
    "foreign-type": ("{subject} can't be {received}", "<{detail}>"),
    "field-type": ("{subject} must be {expected}<, not {typed}>",),
    "unknown-value": ("{subject} can't be {received}",),
    "version-unsupported": (
        "{subject} is a version of the format that isn't supported<: {received}>",
        "",
        '"1"',
    ),
    "spec-untrusted": (
        "{first} of {subject} isn't used, another user could change it: "
        "{location} has {plain}",
        "<run `{detail}`, or >name the folder in trusted-folders of {second}, if you "
        "trust all who can write there",
    ),
    "host-invalid": (
        "{subject} is no name of a host",
        "",
        "a host name or address, which doesn't begin with -",
    ),
    "bin-invalid": (
        "{subject} is no path of runspec",
        "",
        "a path whose last part is runspec",
    ),
    "hosts-invalid": (
        "{quoted} names no hosts<: {detail}>",
        "",
        "names with commas between them, @group, db-[01-20]",
    ),
    "group-unknown": (
        "no host is in the group {quoted}",
        "hosts name their groups in [config.jump-hosts]",
    ),
    "host-unreachable": ("{subject} can't be reached<: {detail}>",),
    "host-silent": ("{subject} hasn't answered within {plain}<; it said: {detail}>",),
    "host-lost": ("the connection to {subject} was lost<: {detail}>",),
    "host-ended": ("{subject} doesn't serve its tools<: {detail}>",),
    "host-old": (
        "the runspec of {subject} can't take what is piped in<: it is {plain}>",
        "install runspec 1.0 or newer there, or run it without input",
    ),
    "host-tool-unknown": (
        "{subject} has no tool {received}",
        "`runspec jump {subject}` lists them",
    ),
    "host-tool-manual": ("{received} of {subject} is for a person who runs it there",),
    "host-tool-unconfirmed": (
        "{received} of {subject} needs a person's yes, and hasn't run",
        "run it at a terminal, or install runspec 1.0 or newer there for `approve`",
    ),
    "host-fault": (
        "{subject} answers with a code that isn't known here<, {plain}><: {detail}>",
    ),
    "runspec-missing": (
        "{subject} has no {received}<: {detail}>",
        "install runspec there, or say where it is: --bin, or bin of the alias",
    ),
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
    "output-schema-invalid": (
        "{subject} isn't a JSON Schema<: {detail}>",
        "fix it; until then agents get the output without a schema",
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
        "an integer of at least 0, min-length not above max-length",
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
        "an integer of at least 1",
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
        "{argument} must be an integer<, not {received}>",
        "",
        "an integer of at most 64 bits",
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
    "value-missing": ("{argument} requires a value", "{dashed}"),
    "unexpected-value": (
        "{argument} takes no value<, but has {received}>",
        "write {argument} alone",
    ),
    "unknown-argument": (
        "unknown option {named}",
        "<if it is meant for {rest}, put it behind -->",
    ),
    "mistyped-argument": (
        "{mistyped} is not an argument; did you mean {argument}, which is required?",
    ),
    "unexpected-argument": ("unexpected argument {quoted}",),
    "unknown-command": ("unknown command {quoted}",),
    "command-missing": ("missing command",),
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
    "path-confined": (
        "{subject} is {quoted}, which is outside of the directories that the operator"
        " of this server allows",
        "give a path below one of them",
    ),
    "calls-limited": (
        "{subject} has not run: the operator of this server allows {detail}",
    ),
    "policy-invalid": (
        "the policy {subject} is no policy<: {detail}>",
        "fix it; without a policy that holds, nothing is served",
    ),
    "policy-untrusted": (
        "the policy {subject} could have been written by another user<: {detail}>",
        "have it, and the directories above it, owned by root or you, and written by"
        " nobody else",
    ),
    "approvals-full": (
        "{subject} is full: {first} calls wait for a person, and no more can; this one"
        " has not run",
        "a person decides them with `runspec approve`, or denies all with"
        " `runspec approve --deny --all`",
    ),
    "approval-not-found": (
        "nothing called {quoted} waits for a person",
        "`runspec approve` lists what waits; the agent can make the call again",
    ),
    "approval-unnamed": (
        "{subject} requires an ID or --all, and --all requires --deny",
        "deny one with `runspec approve ID --deny`, all with"
        " `runspec approve --deny --all`",
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
        "pip install 'runspec[http]~=1.0'",
    ),
    "http-token-missing": (
        "{subject} can be reached from other machines, and there is no token",
        "give --token-file",
    ),
    "http-peer-unknown": (
        "this system doesn't tell whose a connection to {subject} is, and there is no"
        " token",
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
    # Configurations of recipes
    "config-not-found": (
        "there is no configuration {quoted}",
        "<there is: {detail}>",
    ),
    "config-syntax": ("{subject} is not valid {expected}<: {detail}>",),
    "config-defaults": ("{subject} can't be followed<: {detail}>",),
    "config-cycle": ("{subject} leads back to itself<: {detail}>",),
    "config-interpolation": (
        "{subject} can't be resolved<: {detail}>",
        "a variable of the shell is written \\${{NAME}} in a configuration",
    ),
    "config-unresolved": ("{subject} is left for the script to resolve<: {detail}>",),
    "config-secret": (
        "{subject} is left for the script to resolve<: {detail} is a secret>",
        'give the script that variable: secrets = {{{detail} = "env:{detail}"}} in a '
        "profile",
    ),
    "recipes-not-installed": (
        "{subject} can't be read without more packages",
        "pip install 'runspec[recipes]~=1.0'",
    ),
    "override-invalid": ("{subject} has no value that can be read<: {detail}>",),
    "override-unknown": (
        "there is no {subject} in the configuration",
        "+{subject}=... adds it",
    ),
    "override-exists": (
        "{subject} is in the configuration already",
        "{subject}=... changes it, ++{subject}=... either",
    ),
    "override-differs": ("{subject} has another value",),
    "override-without-config": (
        "{subject} changes a configuration, and this recipe has none",
        "what is for the script itself goes behind --",
    ),
    # Profiles
    "profile-unknown": ("there is no profile {quoted}",),
    "profile-special": ("[{plain}] is a section of its own, not a profile",),
    "profile-cycle": ("{subject} extends itself<: {detail}>",),
    "profiles-missing": (
        "{subject} doesn't exist, although RUNSPEC_ENV_TOML names it",
    ),
    "profiles-untrusted": (
        "{subject} isn't read, because another user could have written it< ({plain})>",
        "if it is yours, name it in RUNSPEC_ENV_TOML",
    ),
    "setting-unknown": ("{subject} is no setting of a launch, so it is ignored",),
    "secret-in-settings": (
        "{subject} looks like a secret, and would be in plans and job scripts",
        "write where it is, in secrets: env:NAME, file:PATH or cmd:COMMAND",
    ),
    # Other places values come from
    "config-unknown-argument": ("{quoted} is not an argument",),
    # Around a spec
    "type-unchecked": (
        "nothing checks {subject} {quoted}: only a Python program can register a type",
        'write type = "str" with a pattern, which is checked; ui never checks',
    ),
    "example-refused": (
        "the example {quoted} would be refused<: {detail}>",
        "write it as it is called",
    ),
    "spec-not-packaged": (
        "setuptools leaves {subject} out of the wheel",
        'add to pyproject.toml: [tool.setuptools.package-data] "*" = ["runspec.toml"]',
    ),
    "spec-outside-package": (
        "{subject} stands beside pyproject.toml, so no wheel has it",
        "move it into the package, beside its __init__.py",
    ),
    "script-without-section": (
        "the script {quoted} of pyproject.toml has no section, and its parse call "
        "names none",
        'add a section [{subject}], or name another in the code: parse("NAME")',
    ),
    "section-without-script": (
        "no program is called {quoted}: nothing starts it once it is installed",
        'add {subject} = "PACKAGE.MODULE:main" to [project.scripts], or a file of that '
        "name beside the spec",
    ),
    "config-unknown-section": (
        "no runnable or command is called {quoted}, so this section has no effect",
        "give the section the name that is in the spec, or remove it",
    ),
    "secret-in-config": (
        "{argument} is a secret and can't stand in a config file",
        "remove it and {ways}",
    ),
    "env-file-missing": (
        "{subject} doesn't exist<, although {naming} names it>",
        "write the file, or no longer name it",
    ),
    "env-file-syntax": (
        "this is not a line of an environment file",
        "",
        "NAME=value",
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
        "pip install 'runspec[keyring]~=1.0'",
    ),
    "keyring-missing": (
        "{subject} isn't in the keyring<: {detail}>",
        "store it with `keyring set SERVICE USER`",
    ),
    # Groups
    "group-exclusive": (
        "at most one of {members} can be given<, not {given}>",
        "leave out all but one<: {unset}>",
    ),
    "group-inclusive": (
        "{members} must be given too<, because {given} is>",
        "these go together: give all of them or none<: {unset}>",
    ),
    "group-at-least-one": ("at least one of {members} must be given",),
    "group-exactly-one": (
        "exactly one of {members} must be given<, not {given}>",
        "<leave out all but one: {unset}>",
    ),
    "group-requires": (
        "{members} must be given too<, because {given} is>",
        "<or do without it: {unset}>",
    ),
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
    "into-command": (
        "parse(into=...) has no class for the command {quoted}",
        'give one by its path, such as {{"repo create": RepoCreate}}',
    ),
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
        "it is now {plain}; the history was rebuilt from what else there is",
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
    # Launching
    "executor-unknown": ("there is no executor called {quoted}",),
    "executor-broken": (
        "the executor {quoted} can't be loaded<: {detail}>",
        "fix or remove the package that it comes from",
    ),
    "cmd-invalid": (
        "{subject} can't be split into words<: {detail}>",
        "close each quote, and begin with a program",
    ),
    "config-absent": (
        "{subject} needs a configuration, and there is none",
        "write the recipe's default, or name one with -c",
    ),
    "profiles-absent": (
        "there is no profile {quoted}, because there is no env.toml",
        "write one at the root of the project, or name it in RUNSPEC_ENV_TOML",
    ),
    "launch-as-other": (
        "{subject} runs as another user<, {plain}><, and this is {first}>",
        "launch it as that user",
    ),
    "secret-in-env": (
        "{quoted} looks like a secret, which a command line doesn't keep",
        "set it in this shell and give only its name: --env {plain}",
    ),
    "secret-reference": (
        "what the secret {subject} is given is no reference",
        "say where it is: {expected}",
    ),
    "secret-unavailable": (
        "the secret {subject} can't be had from {quoted}<: {detail}>",
        "give it there, and launch again",
    ),
    "nodes-not-here": (
        "this machine is one node<, not {plain}>",
        "leave out nodes, or launch it on a cluster with --on",
    ),
    "gpus-not-here": (
        "{subject}: this machine has fewer GPUs<, {first} of {plain}><, so torchrun "
        "starts {detail}>",
        "set nproc_per_node in a profile for another number of processes",
    ),
    "workdir-not-found": (
        "the working directory {quoted} isn't on this machine",
        "give workdir in a profile, or run it in its container",
    ),
    "mount-not-found": ("there is nothing to mount at {quoted}",),
    "image-missing": (
        "{plain} needs an image",
        "set image in the recipe or container_image in the profile",
    ),
    "image-unused": (
        "nothing runs the image {quoted} here",
        "set container_runtime in a profile: {expected}",
    ),
    "container-not-here": (
        "{quoted} doesn't run containers on this machine",
        "choose one of {expected}",
    ),
    "program-missing": ("{subject} isn't installed here",),
    "python-unfit": (
        "{subject} can't be run by this Python<, {plain}><: it needs {first}>",
        "launch it with such a Python, or install uv, which finds one",
    ),
    "environment-not-built": (
        "{subject} can't be made of the script's dependencies<: {detail}>",
        "the output above says why; nothing was kept",
    ),
    "diff-left-out": (
        "the changes of {subject} are too large to be kept<: more than {plain} bytes>",
        "commit them, so that the run can be had again",
    ),
    "run-untrusted": (
        "{subject} isn't private<: {plain}>",
        "<run `{detail}` if it is yours>",
    ),
    "job-not-found": (
        "no job has an id that begins or ends with {quoted}",
        "`runspec jobs` lists them",
    ),
    "job-ambiguous": (
        "several jobs have an id that begins or ends with {quoted}",
        "give more of it: {expected}",
    ),
    "job-damaged": ("{subject} can't be understood",),
    "job-not-submitted": ("{subject} was never submitted",),
    "job-elsewhere": (
        "this job runs on another machine<, {plain}>",
        "cancel it there",
    ),
    # Pipelines
    "pipeline-without-stages": (
        "{subject} has no stages",
        'add one: [stages.train], with recipe = "train.py"',
    ),
    "stage-without-recipe": (
        "{subject} has no recipe",
        'add recipe = "FILE", from the folder of this file',
    ),
    "unknown-stage": ("there is no stage {quoted}",),
    "pipeline-cycle": (
        "{subject} waits for the stage itself<: {detail}>",
        "remove one of them from after",
    ),
    "artifact-conflict": (
        "two stages produce {quoted}",
        "rename one of the two",
    ),
    "artifact-path-invalid": (
        "{subject} can't be {received}",
        "",
        "a path below the stage's folder, without ..",
    ),
    "artifact-unknown": (
        "no stage before this one produces {quoted}<, but {detail} does>",
        "<add {detail} to after>",
    ),
    "artifact-missing": (
        "{subject} ended well, but didn't write {received}<, its {detail}>",
        "it is written below the folder that RUNSPEC_ARTIFACTS_DIR names",
    ),
    "artifacts-unplaced": (
        "{subject} runs where this machine's folders aren't<, on {detail}>",
        'say where artifacts go there: artifacts = "/FOLDER" at the top of the '
        "pipeline",
    ),
    "pipeline-not-found": (
        "no run of {subject} can be resumed<: none has the id {plain}>",
        "leave out --resume to begin one",
    ),
    "pipeline-ambiguous": (
        "several runs of {subject} have an id that begins or ends with {quoted}",
    ),
    "pipeline-running": (
        "{subject} is already being run<, as {detail}>",
        "wait for it, or end that process first",
    ),
    "pipeline-damaged": (
        "{subject} can't be understood<: {detail}>",
        "begin a new run, without --resume",
    ),
    "pipeline-alone": (
        "{argument} can't be given together with --pipeline",
        "say it in the pipeline's file, or in a profile of env.toml",
    ),
    # The kill switch
    "run-denied": (
        "{subject} is denied here<: {detail}>",
        "<rule {plain}> of `runspec deny list`<, until {first}>",
    ),
    "mock-unsupported": (
        "{subject} isn't run: RUNSPEC_MOCK is set, and there are no mocks here",
        "unset RUNSPEC_MOCK to run it for real",
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
        "fix it, or remove it",
    ),
    "deny-not-found": (
        "no rule is called {quoted}",
        "`runspec deny list` shows them all",
    ),
    # Ray, Kubernetes, SkyPilot
    "dependencies-uninstalled": (
        "{subject} depends on what nothing installs<: {plain}><; the image {detail} is "
        "taken to have it>",
        "build an image that has it, or install it in startup_commands",
    ),
    "setting-unsupported": (
        "{subject} changes what runs, and isn't supported",
        "{detail}",
    ),
    "auto-mount": (
        "{subject} names a repository to be cloned, which runspec doesn't do",
        'check it out yourself, and mount that: mounts = ["/path:TARGET"]',
    ),
    "override-near": ("the configuration has no {subject}; it is added",),
    "cmd-word": (
        "the word {quoted} of {subject} goes to the program as it is<; it looks like "
        "{detail}>",
        "{{script}} and {{config}} are replaced; for a shell write "
        "bash -c '...', or use startup_commands",
    ),
    "override-passed-on": (
        "{quoted} is no override, so it goes to the script",
        "an override is KEY=VALUE, its key beginning with a letter; write what is for "
        "the script behind --",
    ),
    "task-unknown": (
        "{subject} has no such task<: {plain}><, but {expected}>",
        "leave out --task for all of them",
    ),
    "recipe-ambiguous": (
        "several recipes are called {quoted}",
        "name the file: {expected}",
    ),
    "sweep-empty": (
        "{subject} has nothing to vary",
        "give a key several values: lr=1,2",
    ),
    "sweep-too-large": (
        "{subject} has too many points<: {plain}, at most {first}>",
        "vary less at once",
    ),
    "signal-invalid": (
        "{subject} can't be {received}",
        "",
        'a signal and seconds before the limit, such as "USR1@120"',
    ),
    "setting-overruled": (
        "{subject}: configuration and profile differ<; {first} counts, not {quoted}>"
        "<, as {detail} says>",
        "make them agree, or say it on the command line",
    ),
    "setting-unused": ("{subject} has no effect<: {detail} has no use for it>",),
    "size-invalid": (
        "{subject} can't be {received}",
        "",
        'a size such as "64G", "512M" or a number of megabytes',
    ),
    "duration-invalid": (
        "{subject} can't be {received}",
        "",
        'a time such as "04:00:00", "90" minutes or "2-12" days and hours',
    ),
    "gpus-uncounted": (
        "{subject} must be a number<, not {received}>: pods get whole GPUs",
        "give the number in the profile, or with --gpus",
    ),
    "kind-unsuitable": (
        "{subject} can't be {received}<: the launcher is {detail}>",
        'use kind = "rayjob" with launch = "ray" on several nodes, and only then',
    ),
    "mount-invalid": (
        "{subject} can't have {received}",
        "",
        'HOST:/PATH, "pvc:NAME:/PATH" for a claim, or with :ro at its end',
    ),
    "code-too-large-for-pods": (
        "the code in {subject} is too large for a ConfigMap<: {plain} MB packed>",
        'put it in the image or on a volume, with packager = "none" and workdir',
    ),
    "pod-stuck": (
        "the pod {subject} can't start<: {plain}><: {detail}>",
        "the job was removed; fix that, and launch it again",
    ),
    "kubectl-failed": ("kubectl {subject} failed<: {detail}>",),
    "ray-address-missing": (
        "{subject} is missing: no Ray cluster is named",
        "give its dashboard in the profile, as http://HOST:8265, or set {expected}",
    ),
    "ray-address-invalid": (
        "a Ray cluster's address can't be {received}",
        "a token for it goes into RAY_AUTH_TOKEN",
        "the dashboard's, such as http://HOST:8265, without a user or password",
    ),
    "ray-refused": ("{subject} refused, with HTTP status {plain}<: {detail}>",),
    "one-node-only": (
        "a Ray cluster starts the script on one node<, not {plain}>",
        'use launch = "ray", with which the script asks for more itself',
    ),
    "accelerators-missing": (
        "which GPUs SkyPilot is to take isn't said<, only how many: {plain}>",
        'add accelerators = "H100:8" to the profile',
    ),
    "sky-failed": (
        "sky {subject} failed<, with exit status {plain}>",
        "its output above says why; what it had started was taken down",
    ),
    # Code that goes along, and Slurm
    "code-too-large": (
        "the code in {subject} is too large<, {plain} MB><, more than {expected}>"
        "<: {detail}>",
        "add what isn't code to .gitignore, or raise packager_max_mb",
    ),
    "code-missing": (
        "{subject} isn't among the files that go along<: packager is {quoted}>",
        "take it out of .gitignore, or name it in packager_include_pattern",
    ),
    "git-failed": (
        "git can't list the files of {subject}",
        "run `git -C {subject} status`, which says why",
    ),
    "files-not-sent": ("files can't be written to {subject}<: {detail}>",),
    "place-silent": (
        "{subject} doesn't answer<: {detail}>",
        "try again later; a job that was submitted goes on, see `runspec jobs`",
    ),
    "setting-missing": ("{subject} is missing<: {plain} needs it>",),
    "slurm-missing": (
        "{subject} isn't there<, on {detail}>",
        'install Slurm\'s commands, or reach a host that has them: tunnel = "ssh"',
    ),
    "slurm-refused": ("{subject} refused<: {detail}>",),
    "slurm-uncertain": (
        "whether the job {subject} was submitted isn't known<: {detail}>",
        'look for it: `squeue --me --format="%i %k"`, comment {subject}',
    ),
    "slurm-value-invalid": (
        "{subject} can't be {received}",
        "",
        "text on one line, which Slurm can take apart",
    ),
    "slurm-array-invalid": (
        "{subject} can't be {received}",
        "",
        'indices, such as "0-7%2" or "1,3,5-9:2"',
    ),
}
"""Message, help and default of the expectation by code.

`{...}` is replaced by a word of words.Words; `<...>` is left out where a word in
it is empty.
"""

VARIANTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("env-file-syntax", "quote"): (
        "the quote that is opened in this line isn't closed in it",
        "a value is on one line: write \\n for a line break, in double quotes",
    ),
    ("env-file-syntax", "escape"): (
        "the backslash in these double quotes begins an escape that there isn't",
        "put single quotes around the value: in them a backslash is itself",
    ),
    ("env-file-syntax", "behind"): (
        "something stands behind the quotes of this value",
        "a comment there needs a space before its #; else quote the whole value",
    ),
    ("unknown-argument", "command"): (
        "{named} belongs to the subcommand {expected}",
        "put {named} behind the name of the subcommand",
    ),
    ("unknown-argument", "logging"): (
        "there is no argument {named}",
        "add [config.logging] to the spec: it brings {named}",
    ),
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
    ("slurm-value-invalid", "absolute"): (
        "{subject} can't be {received}",
        "",
        "an absolute path on one line",
    ),
    ("slurm-value-invalid", "comma"): (
        "{subject} can't hold {received}",
        "",
        "paths without a comma, at which pyxis splits them",
    ),
    ("spec-not-found", "unpackaged"): (
        "{plain} was installed without its {subject}",
        "its author adds that file to the package: `runspec check` in the project "
        "says how",
    ),
    ("spec-not-found", "named"): ("there is no file {subject}",),
    **dict.fromkeys(
        (
            ("unexpected-argument", "dash"),
            ("unknown-command", "dash"),
            ("unknown-runnable", "dash"),
        ),
        (
            "{quoted} begins with a dash that isn't the hyphen of options",
            "type {first}",
        ),
    ),
    ("unknown-runnable", "unnamed"): (
        "no runnable is called {quoted}, as this program is",
        'name the runnable in the code, such as parse("{first}"); there is {expected}',
    ),
    ("unknown-runnable", "anywhere"): (
        "no runnable is called {quoted}",
        "see `runspec local` for what is installed, `runspec list` for what is below "
        "this directory",
    ),
    ("secret-unavailable", "that variable isn't set"): (
        "the secret {subject} can't be had from {quoted}<: {detail}>",
        "set it in this shell; what is no secret is given as NAME=VALUE",
    ),
    ("unknown-argument", "withheld"): (
        "{named} can't be given by an agent",
        "leave {named} out: only the operator sets it",
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
