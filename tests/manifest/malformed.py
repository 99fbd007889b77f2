"""Malformed inputs by name: what stands in the manifest (after `apiVersion`), or the whole file where it says so.

The exact text that people read stands in `malformed.txt`, one part per name.
"""

from __future__ import annotations

HEAD = "apiVersion: mscode/v1\n"

RSVP = """rsvpCalls:
  invite:
    startTime: 2026-12-01T09:00:00+02:00
    endTime: 2026-12-04 17:00:00
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: [monday, tuesday]
    voiceFiles: {start: greeting}
    actionButtons: {accept: 5, decline: 9}
    receivers:
      - phone: "+358401234567"
      - phone: "+358401234568"
    acceptsWanted: 2
voiceFiles:
  greeting: {text: Hello, voiceCode: en}
"""


def rsvp(old: str, new: str) -> str:
    """The good campaign with one thing changed."""
    assert old in RSVP
    return HEAD + RSVP.replace(old, new)


def voice(fields: str) -> str:
    return f"{HEAD}voiceFiles:\n  v: {{{fields}}}\n"


def account(fields: str) -> str:
    return f"{HEAD}accounts:\n  anna: {{{fields}}}\n"


def group(fields: str) -> str:
    return f"{HEAD}groups:\n  donors: {{{fields}}}\n"


def condition(fields: str) -> str:
    return f"{HEAD}filters:\n  f:\n    conditions:\n      - {{{fields}}}\n"


WHOLE_FILES: dict[str, bytes] = {
    "empty file": b"",
    "only a comment": b"# nothing\n",
    "not UTF-8": HEAD.encode() + b"groups:\n  a: {name: \xff}\n",
    "control character": HEAD.encode() + b"groups:\n  a: {name: \x07}\n",
    "a list": b"- a\n- b\n",
    "a scalar": b"hello\n",
    "no apiVersion": b"groups: {}\n",
    "another tool's file": b"version: '3'\nservices:\n  db: {image: x}\n",
    "indented with non-breaking spaces": HEAD.encode()
    + "voiceFiles:\n  v:\n\u00a0\u00a0text: a\n    voiceCode: en\n".encode(),
    "a non-breaking space before a key": HEAD.encode() + "voiceFiles:\n  v:\n  \u00a0\u00a0text: a\n".encode(),
    "a non-breaking space behind a colon": HEAD.encode()
    + "voiceFiles:\n  v:\n    text:\u00a0a\n    voiceCode: en\n".encode(),
    "a non-breaking space behind a dash": HEAD.encode()
    + "groups:\n  a:\n    x:\n      -\u00a0b: c\n      - d: e\n".encode(),
    "a line indented less": HEAD.encode() + b"voiceFiles:\n  v:\n    text: a\n   voiceCode: en\n",
    "another apiVersion": b"apiVersion: mscode/v2\n",
    "nested too deep": b"a: " + b"[" * 200,
    "second document without apiVersion": HEAD.encode() + b"---\ngroups: {}\n",
}

TEXTS: dict[str, str] = {
    "tab as indentation": HEAD + "groups:\n\ta: {}\n",
    "bracket left open": HEAD + "groups: {a: {name: x}\n",
    "wrong bracket": HEAD + "groups: {a: [x}\n",
    "quote left open": HEAD + 'groups: {a: {name: "x}}\n',
    "colon in a plain value": HEAD + "groups:\n  a:\n    name: one: two\n",
    "duplicate key": HEAD + "groups:\n  a: {name: A, name: B}\n",
    "duplicate section": HEAD + "groups: {}\nfilters: {}\ngroups: {}\n",
    "anchor": HEAD + "groups:\n  a: &x {name: A}\n",
    "alias": HEAD + "groups:\n  a: *x\n",
    "tag": HEAD + "groups:\n  a: {name: !!str A}\n",
    "python tag": HEAD + "groups:\n  a: !!python/object/apply:os.system [ls]\n",
    "merge key": HEAD + "groups:\n  a: {<<: {name: A}}\n",
    "key that is a list": HEAD + "groups:\n  ? [a, b]\n  : {}\n",
    "unquoted variable": HEAD + "groups: {a: {name: ${var.x}}}\n",
    "unknown section": HEAD + "group: {}\n",
    "section that is a list": HEAD + "groups: [a]\n",
    "object that is a text": HEAD + "groups:\n  a: hello\n",
    "bad name": HEAD + "groups:\n  1st: {}\n",
    "name with a dot": HEAD + "groups:\n  a.b: {}\n",
    "unknown field": group("nam: Donors"),
    "unknown field without a likeness": group("zzz: 1"),
    "field that is a list": group("name: [a]"),
    "unknown field in members": group("members: {filtre: x}"),
    "unknown field in lifecycle": group("lifecycle: {preventDestory: true}"),
    "preventDestroy that is no flag": group("lifecycle: {preventDestroy: perhaps}"),
    "onRemoval that is not delete": group("lifecycle: {onRemoval: keep}"),
    "ignoreChanges of no field": group("lifecycle: {ignoreChanges: [desc]}"),
    "import that is no id": group('import: "a/b"'),
    "renamedFrom that is no name": group('renamedFrom: "a b"'),
    "renamedFrom that still exists": HEAD + "groups:\n  a: {}\n  b: {renamedFrom: a}\n",
    "two with one renamedFrom": HEAD + "groups:\n  a: {renamedFrom: x}\n  b: {renamedFrom: x}\n",
    "two that import one id": HEAD + 'groups:\n  a: {import: "1"}\n  b: {import: "1"}\n',
    "two with one live name": HEAD + "groups:\n  a: {name: Donors}\n  b: {name: Donors}\n",
    "national phone without region": account('phone: "0401234567"'),
    "phone that is too long": account("phone: +35840123456789012"),
    "phone that is a word": account("phone: call-me"),
    "two phones in one": account('phone: "+358401234567 / +358401234568"'),
    "phone with a decimal": account("phone: 358401234567.0"),
    "phone without its area code": account('phone: "+15551234"'),
    "two accounts with one phone": HEAD
    + 'accounts:\n  anna: {phone: "+358 (0)40 1234567"}\n  anton: {phone: 00358401234567}\n',
    "e-mail address that is none": account("email: anna(at)example.com"),
    "condition on a phone that is none": condition("field: phone, operator: in, value: [+358401234567, none]"),
    "phone with an extension": account('phone: "+358401234567 ext. 5"'),
    "year that is no number": account("yearOfBirth: 19x0"),
    "year with an underscore": account("yearOfBirth: 1_980"),
    "personal data in an echoed line": account('firstName: Annabella, email: "anna@example.com", shoe: 38'),
    "filter without conditions": HEAD + "filters:\n  f: {}\n",
    "filter with no condition": HEAD + "filters:\n  f: {conditions: []}\n",
    "condition on no field": condition("field: citi, operator: ==, value: x"),
    "condition with no operator": condition("field: city, operator: =, value: x"),
    "condition without a value": condition("field: city, operator: =="),
    "in without a list": condition("field: city, operator: in, value: Helsinki"),
    "equals with a list": condition("field: city, operator: ==, value: [a]"),
    "infinity as a value": rsvp("    acceptsWanted: 2\n", "    acceptsWanted: 2\n    meta: {most: .inf}\n"),
    "members by a filter that is a group": HEAD + "groups:\n  donors: {members: {filter: donors}}\n",
    "members by a filter that does not exist": HEAD
    + "filters:\n  adults: {conditions: [{field: city, operator: ==, value: x}]}\ngroups:\n  d: {members: {filter: adult}}\n",
    "member that is not declared": group("members: {accounts: [nobody]}"),
    "exclusive that is no flag": group("members: {exclusive: maybe}"),
    "voice file with nothing": voice("description: x"),
    "voice file without a voice": voice("text: Hello"),
    "voice file with two sources": voice("text: Hello, voiceCode: en, file: ok.wav"),
    "text of too many words": voice("voiceCode: en, text: " + "word " * 91),
    "file that does not exist": voice("file: nothing.wav"),
    "file outside the project": voice("file: ../outside.wav"),
    "file by an absolute path": voice("file: /etc/passwd"),
    "file that is a folder": voice("file: folder"),
    "file that is no audio": voice("file: text.txt"),
    "file that is empty": voice("file: empty.wav"),
    "link that leads out": voice("file: link.wav"),
    "state that is none": rsvp("    endTime", "    state: waitingToActive\n    endTime"),
    "time without a clock": rsvp("2026-12-01T09:00:00+02:00", "2026-12-01"),
    "time that does not exist": rsvp("2026-12-04 17:00:00", "2026-12-04 25:00:00"),
    "time in the hour that summer time skips": rsvp("2026-12-04 17:00:00", "2027-03-28 03:30:00"),
    "end before start": rsvp("2026-12-04 17:00:00", "2026-11-30 17:00:00"),
    "window over midnight": rsvp('activeTo: "17:00"', 'activeTo: "08:00"'),
    "window that never opens": rsvp("[monday, tuesday]", "[sunday]"),
    "hour without minutes": rsvp('activeFrom: "09:00"', "activeFrom: 9"),
    "no such weekday": rsvp("[monday, tuesday]", "[monday, mon]"),
    "weekday twice": rsvp("[monday, tuesday]", "[monday, monday]"),
    "voice file that is not declared": rsvp("{start: greeting}", "{start: greating}"),
    "button twice": rsvp("decline: 9", "decline: 5"),
    "no such button": rsvp("accept: 5", "accept: 12"),
    "no such action": rsvp("decline: 9", "maybe: 9"),
    "receiver with two ways": rsvp('- phone: "+358401234568"', '- {phone: "+358401234568", groupId: "1"}'),
    "receiver of no kind": rsvp('- phone: "+358401234568"', "- person: anna"),
    "one number twice": rsvp("+358401234568", "+358 40 1234567"),
    "receiver id without this environment": rsvp('- phone: "+358401234568"', '- groupId: {production: "1"}'),
    "no receivers": rsvp(
        '    receivers:\n      - phone: "+358401234567"\n      - phone: "+358401234568"\n', "    receivers: []\n"
    ),
    "more accepts than people": rsvp("acceptsWanted: 2", "acceptsWanted: 3"),
    "no accepts wanted": rsvp("acceptsWanted: 2", "acceptsWanted: 0"),
    "negative redials": rsvp("acceptsWanted: 2", "acceptsWanted: 2\n    maxRedials: -1"),
    "webhook over plain http": rsvp(
        "acceptsWanted: 2", "acceptsWanted: 2\n    stateWebhookUrl: http://hooks.example.com/"
    ),
    "webhook with a password": rsvp(
        "acceptsWanted: 2", "acceptsWanted: 2\n    stateWebhookUrl: https://u:p@example.com/"
    ),
    "meta with our key": rsvp("acceptsWanted: 2", "acceptsWanted: 2\n    meta: {mscode: x}"),
    "meta that is a list": rsvp("acceptsWanted: 2", "acceptsWanted: 2\n    meta: [x]"),
    "missing fields": HEAD + "rsvpCalls:\n  invite: {acceptsWanted: 1}\n",
    "hostile text": group('"\\e[31mred\\u202e": 1'),
}

PROJECTS: dict[str, str] = {
    "project: unknown field": "apiVersion: mscode/v1\nproject: demo\ntimezon: UTC\n",
    "project: no name": "apiVersion: mscode/v1\n",
    "project: bad name": "apiVersion: mscode/v1\nproject: Demo_1\n",
    "project: no such zone": "apiVersion: mscode/v1\nproject: demo\ntimezone: Europe/Helsingfors\n",
    "project: no such region": "apiVersion: mscode/v1\nproject: demo\nregion: Finland\n",
    "project: literal token": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  live: {url: 'https://api.example.com/v1', token: canary-4711}\n",
    "project: token of no kind": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  live: {url: 'https://api.example.com/v1', token: {}}\n",
    "project: unknown guard": "apiVersion: mscode/v1\nproject: demo\nguards: {maxPeopel: 5}\n",
    "project: guard that is no number": "apiVersion: mscode/v1\nproject: demo\nguards: {maxPeople: many}\n",
    "project: guard of a bad level": "apiVersion: mscode/v1\nproject: demo\nguards: {maxPeople: {value: 5, level: no}}\n",
    "project: default that is not there": "apiVersion: mscode/v1\nproject: demo\ndefaultEnvironment: x\n",
    "project: unknown path": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', upladPath: /x}\n",
    "project: path without its id": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', rsvpReceiversPath: /rsvp_calls/receivers}\n",
    "project: state elsewhere": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: floppy}}\n",
    "project: state of a mistyped setting": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: http, adress: 'https://s.example.com/x'}}\n",
    "project: state with another backend's setting": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: object, url: 's3://b/x', lockMethod: LOCK}}\n",
    "project: state with a password in its address": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: http, address: 'https://u:canary-4711@s.example.com/x'}}\n",
    "project: state in a bucket without a path": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: object, url: 's3://bucket', region: 'a b'}}\n",
    "project: state with a bad method": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: gitlab, address: 'ftp://x', lockMethod: lock it}}\n",
    "project: state with records that are no URL": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {records: records/, backend: local}}\n",
    "project: state with records in its own place": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {backend: http, address: 'https://s.example.com/x', records: 'https://s.example.com/x'}}\n",
    "project: state with records and a password": "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
    "  a: {url: 'sandbox:', state: {records: 'https://u:canary-4711@s.example.com/x'}}\n",
    "project: empty": "",
}
