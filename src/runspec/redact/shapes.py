"""What secrets look like: the one table of shapes.

A pattern is matched where one of its triggers stands (in the text in lower case); for
a shape of `FOLLOWING`, these are the characters that may come after a secret's name.
Its group `v` is what is masked, `q` the quotes that the mask needs. Every repetition
is bounded, possessive or ends before the next trigger, so that a text is searched in
linear time. None crosses a line, but for PEM keys.
"""

from __future__ import annotations

from .grammar import (
    BREAK,
    ITEM,
    KEY_ENDS,
    KEY_LINE,
    LINE,
    OPENING,
    OPTION,
    PLACEHOLDER,
    PLAIN,
    PLAIN_WORDS,
    PROSE,
    QUOTE,
    QUOTED_KEY,
    SCHEME,
    SEPARATOR,
    SINGULAR,
    START,
    STRING,
    STRUCTURE,
    WRAPPER,
)


class Shape:
    """A row: `masked` are texts and what becomes of them, `kept` stay as they are."""

    __slots__ = ("kept", "masked", "name", "pattern", "triggers")

    def __init__(
        self,
        name: str,
        pattern: str,
        masked: tuple[tuple[str, str], ...],
        kept: tuple[str, ...],
        triggers: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.pattern = pattern
        self.masked = masked
        self.kept = kept
        self.triggers = triggers


QUOTES = ('"', "'", "\\")
SPACES = (" ", "\t")
ASSIGNED = ("=", ":", *SPACES)

FOLLOWING = (
    Shape(
        "a quoted key and its text",
        QUOTE + KEY_ENDS + STRING,
        masked=(
            ('{"password": "a\\"b, c", "x": 1}', '{"password": "***", "x": 1}'),
            ("{'api_key': 'it\\'s', 'x': 1}", "{'api_key': '***', 'x': 1}"),
            ('{"dbPassword":"v","a":"b"}', '{"dbPassword":"***","a":"b"}'),
            (
                '{"m": "{\\"token\\": \\"a\\\\\\"b\\", \\"x\\": 1}"}',
                '{"m": "{\\"token\\": \\"***\\", \\"x\\": 1}"}',
            ),
            ("os.environ['X_TOKEN'] = 'abc'", "os.environ['X_TOKEN'] = '***'"),
            ("{'token': b'abc'}", "{'token': b'***'}"),
            ("{'secret': SecretStr('abc')}", "{'secret': SecretStr('***')}"),
            (
                '{"name": "DB_PASSWORD", "value": "abc"}',
                '{"name": "DB_PASSWORD", "value": "***"}',
            ),
            ('{"auth": "dXNlcjpw"}', '{"auth": "***"}'),
            ('{"Cookie": "a=b; c=d"}', '{"Cookie": "***"}'),
            ('{"passwords": "a b"}', '{"passwords": "***"}'),
        ),
        kept=(
            '{"password": ""}',
            '{"cookie_policy": "strict"}',
            '{"token_type": "bearer"}',
            '{"tokenUrl": "https://example.org/"}',
            '{"field": "password", "message": "too short"}',
            '{"author": "Ann"}',
        ),
        triggers=QUOTES,
    ),
    Shape(
        "a quoted key and its number",
        rf"{SINGULAR}{QUOTED_KEY}{PLAIN_WORDS}"
        r"(?P<v>[^\s\"'\\,\[\]{}()]++)(?![\"'])",
        masked=(
            ('{"password": 12345, "x": 1}', '{"password": "***", "x": 1}'),
            ("{'pwd': 12345}", "{'pwd': '***'}"),
            ('"{\\"pwd\\": 12345}"', '"{\\"pwd\\": \\"***\\"}"'),
        ),
        kept=(
            '{"password": null}',
            "{'password': None}",
            '{"secret": true}',
            '{"tokens": 128}',
        ),
        triggers=QUOTES,
    ),
    Shape(
        "a quoted key and its list",
        rf"{QUOTED_KEY}[\[(][ \t]*+"
        rf"(?P<v>{ITEM}(?:[ \t]*+,[ \t]*+{ITEM})*+)(?=[ \t]*+,?[ \t]*+[\])])",
        masked=(
            ('{"api_keys": ["a]b", "c"], "x": 1}', '{"api_keys": ["***"], "x": 1}'),
            ("{'tokens': ('a', 'b')}", "{'tokens': ('***')}"),
        ),
        kept=('{"tokens": []}', '{"keys": ["a"]}'),
        triggers=QUOTES,
    ),
    Shape(
        "a credential after its scheme",
        rf"{SEPARATOR}{SCHEME}(?P<v>[^\s\"'\\,;&]++)",
        masked=(
            ("Authorization: Bearer abc", "Authorization: Bearer ***"),
            ("authorization: basic YTpi, x: y", "authorization: basic ***, x: y"),
            ("-H 'Authorization: token abc'", "-H 'Authorization: token ***'"),
        ),
        kept=("Authorization: ",),
        triggers=ASSIGNED,
    ),
    Shape(
        "a header",
        r"(?i:(?<=cookie)|(?<=cookie2)|(?<=authorization)):[ \t]*+"
        rf"{PLAIN_WORDS}{STRUCTURE}(?P<v>{LINE})",
        masked=(
            ("Set-Cookie: a=b; Path=/", "Set-Cookie: ***"),
            ("curl -H 'Cookie: a=b; c=d' url", "curl -H 'Cookie: ***' url"),
            ('Cookie: a="b c"; d=e', "Cookie: ***"),
            ('{"m": "Cookie: a=b; c=d"}', '{"m": "Cookie: ***"}'),
            (
                'Authorization: Digest username="u", response="r"',
                "Authorization: ***",
            ),
        ),
        kept=("cookie_policy: a b", "Cookie: ", "the cookie is set"),
        triggers=(":",),
    ),
    Shape(
        "a key and its quoted text",
        rf"{SEPARATOR}{OPENING}{STRING}",
        masked=(
            ("password: 'a b'", "password: '***'"),
            ('token = "a b" # x', 'token = "***" # x'),
            ('<db password="a b" user="c">', '<db password="***" user="c">'),
            ("connect(password='a')", "connect(password='***')"),
            ('--password="a b"', '--password="***"'),
            ('password: str = "a b"', 'password: str = "***"'),
            ("client_secret=$'a\\'b' x", "client_secret=$'***' x"),
            ('password: "cut off', 'password: "***'),
        ),
        kept=(
            '{"prompt": "Password: ", "x": 1}',
            'getpass("Password: ")',
            'password=""',
        ),
        triggers=ASSIGNED,
    ),
    Shape(
        "a key and its value",
        rf"{SINGULAR}{SEPARATOR}{PLAIN_WORDS}{STRUCTURE}(?P<v>{PLAIN})",
        masked=(
            ("password=hunter2", "password=***"),
            ("Password: hunter2 x", "Password: *** x"),
            ("DB_PASS=a,b;c host=x", "DB_PASS=*** host=x"),
            ("PGPASSWORD=a psql", "PGPASSWORD=*** psql"),
            ("/?token=a&x=1", "/?token=***&x=1"),
            ("user=a, passwd=b, x=c", "user=a, passwd=***, x=c"),
            ("--api-key=a -v", "--api-key=*** -v"),
            ("X-Api-Key: abc", "X-Api-Key: ***"),
            ("aws_secret_access_key = a/b+c", "aws_secret_access_key = ***"),
            ("SecretAccessKey=a/b", "SecretAccessKey=***"),
            ("private key: a", "private key: ***"),
            ("access-key: a", "access-key: ***"),
            ("credentials=a", "credentials=***"),
            ("passphrase=a", "passphrase=***"),
            ("MYSQL_PWD=/a", "MYSQL_PWD=***"),
            ("_authToken=a", "_authToken=***"),
            ('{"m": "pwd=a\\nuser=b"}', '{"m": "pwd=***\\nuser=b"}'),
            ('"pwd=a\\\\", 1', '"pwd=***\\\\", 1'),
            ("Config(secret=a, x=1)", "Config(secret=***, x=1)"),
        ),
        kept=(
            "password: ",
            "password:",
            "passwordless: yes",
            "tokens=128",
            "token count: 5",
            "secretary: Ann",
            "cookie_policy=strict",
            "password: required",
            "password=None",
            "token: str",
            "Unexpected token: }",
            "token.py:12: error",
            "Token::new",
            "secret://vault/path",
            "PWD=/home/ann",
            "OLDPWD=/home",
            "pass: 5, fail: 3",
            "primary key: 7",
            "keyboard: us",
            "monkey=1",
            "secrets: [",
            "password_file=/run/x",
            "token_expires_in=3600",
            "author: Ann",
            "compass=north",
            "bypass: on",
        ),
        triggers=ASSIGNED,
    ),
    Shape(
        "an option and its quoted text",
        rf"(?=[ \t]+{WRAPPER}{QUOTE}|{QUOTE},[ \t]*+{QUOTE}){OPTION}"
        rf"(?:{QUOTE},[ \t]*+|[ \t]++{OPENING}){STRING}",
        masked=(
            ("run --password 'a b' -v", "run --password '***' -v"),
            ("['--db-token', 'a b', '-v']", "['--db-token', '***', '-v']"),
            ('["--password","a"]', '["--password","***"]'),
        ),
        kept=('{"help": "use --password ", "x": 1}', "['--token-type', 'a']"),
        triggers=(*QUOTES, *SPACES),
    ),
    Shape(
        "an option and its value",
        rf"(?=[ \t]+[^\s\"']){OPTION}[ \t]++"
        rf"(?!--|-[A-Za-z]?(?:\s|\Z)){PROSE}{PLACEHOLDER}(?P<v>{PLAIN})",
        masked=(
            ("run --password hunter2 -v", "run --password *** -v"),
            ("run --secret -abc", "run --secret ***"),
        ),
        kept=(
            "--password --verbose",
            "--token -v",
            "--password",
            "--password is required",
            "[--password PASSWORD] [--token <token>]",
            "--password-file /run/x",
            "use the token abc",
        ),
        triggers=SPACES,
    ),
    Shape(
        "a password in single quotes",
        r"(?i:(?<=password))[ \t]++(?=')" + OPENING + STRING,
        masked=(("ALTER USER a PASSWORD 'b c';", "ALTER USER a PASSWORD '***';"),),
        kept=("the password is 'b'", "a password ''", "'no password ', 'x'"),
        triggers=SPACES,
    ),
    Shape(
        "an element",
        r">(?P<v>(?:[^<>\"\r\n]|\"(?![ \t]*[,:}\]]))++)(?=</)",
        masked=(("<password>a b</password>", "<password>***</password>"),),
        kept=("<password></password>", "<password><a/></password>", "password>5"),
        triggers=(">",),
    ),
)

SHAPES = (
    Shape(
        "credentials in a URL",
        r":(?:\\?/){2}(?!\[)[^\s/?#\"'<>:@\\]*+:(?!\d{0,5}(?:[/?#\s\\]|\Z))"
        r"(?P<v>[^\s/?#\"'<>\\]+(?=@)|(?:(?!:(?:\\?/){2})[^\s\"'<>\\])+(?=@))",
        masked=(
            ("https://u:p@ss@host/x", "https://u:***@host/x"),
            ("postgres://u:p:q/r@host:5432/db", "postgres://u:***@host:5432/db"),
            ("redis://:p@host", "redis://:***@host"),
            ('"https:\\/\\/u:p@host\\/x"', '"https:\\/\\/u:***@host\\/x"'),
            ("a://u:p@h b://u:q@h", "a://u:***@h b://u:***@h"),
        ),
        kept=(
            "https://example.org:8080/a@b",
            "https://example.org/a:b@c",
            "ssh://git@example.org/x",
            "mail ann@example.org: hello",
        ),
        triggers=("://", ":\\/\\/"),
    ),
    Shape(
        "a credential of HTTP",
        r"(?i:bearer|basic)[ \t]+"
        r"(?=[^\s0-9]*+[0-9]|(?=[^\sa-z]*+[a-z])\S[^\sA-Z]*+[A-Z])"
        r"(?P<v>[A-Za-z0-9._~+/=-]{8,}+)",
        masked=(
            ("sent Bearer abcdef123456", "sent Bearer ***"),
            ("Proxy: Basic dXNlcjpwYXNz", "Proxy: Basic ***"),
        ),
        kept=(
            "Basic Authentication",
            "BASIC AUTHENTICATION",
            "basic functionality",
            "bearer token",
            "Basic 3.11",
        ),
        triggers=("bearer ", "bearer\t", "basic ", "basic\t"),
    ),
    Shape(
        "an AWS access key",
        rf"{START}(?P<v>A[KS]IA[A-Z0-9]{{16}})(?![A-Za-z0-9])",
        masked=(
            ("id AKIAIOSFODNN7EXAMPLE.", "id ***."),
            ('"a\\nASIAIOSFODNN7EXAMPLE"', '"a\\n***"'),
        ),
        kept=("Asia and AKIA", "xAKIAIOSFODNN7EXAMPLE"),
        triggers=("akia", "asia"),
    ),
    Shape(
        "a GitHub token",
        r"(?P<v>(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{20,}+)",
        masked=(
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "***"),
            ("x github_pat_0123456789abcdefghij_A y", "x *** y"),
        ),
        kept=("ghp_short", "the ghs_ prefix"),
        triggers=("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"),
    ),
    Shape(
        "a GitLab token",
        r"(?P<v>glpat-[A-Za-z0-9_-]{16,}+)",
        masked=(("glpat-0123456789abcdefghij", "***"),),
        kept=("glpat-x",),
        triggers=("glpat-",),
    ),
    Shape(
        "a Slack token",
        r"(?P<v>xox[abeoprs]-[A-Za-z0-9-]{10,}+)",
        masked=(("xoxb-0123456789-abcdef", "***"),),
        kept=("xoxb-x", "xoxo"),
        triggers=("xox",),
    ),
    Shape(
        "a Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows)/(?P<v>[A-Za-z0-9/_-]++)",
        masked=(
            (
                "https://hooks.slack.com/services/T0/B0/abc ok",
                "https://hooks.slack.com/services/*** ok",
            ),
        ),
        kept=("https://hooks.slack.com/", "https://hooks.slack.com/services/"),
        triggers=("hooks.slack.com/",),
    ),
    Shape(
        "a JSON web token",
        rf"{START}(?P<v>eyJ[A-Za-z0-9_-]{{4,}}+\.[A-Za-z0-9_-]{{4,}}+"
        r"(?:\.[A-Za-z0-9_-]*+){1,3})",
        masked=(
            ("jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2ln-_ x", "jwt *** x"),
            ('"a\\neyJhbGciOiJI.eyJzdWIiOiIx."', '"a\\n***"'),
        ),
        kept=("eyJhbGciOiJI", "eyJhbGciOiJI.eyJ", "eyJ.a.b"),
        triggers=("eyj",),
    ),
    Shape(
        "a private key",
        rf"-----BEGIN [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----{BREAK}*+"
        r"(?P<v>(?:[^-\s\\\"]++|-(?!----)|\"(?!\s{0,64}+[,:}\]])"
        r"|[\s\\](?!(?:\s|\\*[nr]){0,40}+-----END))++"
        rf"(?={BREAK}*+-----END [A-Z0-9 ]{{0,40}}PRIVATE KEY)"
        rf"|{KEY_LINE}(?:{BREAK}++{KEY_LINE})*+)",
        masked=(
            (
                "-----BEGIN PRIVATE KEY-----\nMIIE\nabc=\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----\n",
            ),
            (
                '"-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n'
                '-----END RSA PRIVATE KEY-----\\n"',
                '"-----BEGIN RSA PRIVATE KEY-----\\n***\\n'
                '-----END RSA PRIVATE KEY-----\\n"',
            ),
            (
                '{"k": "-----BEGIN EC PRIVATE KEY-----\\nMIIE\\nab", "x": 1}',
                '{"k": "-----BEGIN EC PRIVATE KEY-----\\n***", "x": 1}',
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n"
                "MIIE\nab\n\nthe end",
                "-----BEGIN RSA PRIVATE KEY-----\n*** end",
            ),
        ),
        kept=(
            "-----BEGIN PRIVATE KEY----- is expected",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
        ),
        triggers=("-----begin ",),
    ),
)
