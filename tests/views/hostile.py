"""Two hundred names that were made to break out of wherever they are printed."""

from __future__ import annotations

ESC, BIDI, NUL = "\x1b", "\u202e", "\x00"
_FENCES = ("```", "~~~", "`", "``", "````", "`````````", "```\n# big\n```diff", "~~~\n@octocat")
_COMMANDS = (
    *("::set-output name=digest::forged", "::error file=a,line=1::x", "::add-mask::a", "::stop-commands::x"),
    *("##[set-output name=digest;]forged", "##[error]x", "##vso[task.setvariable variable=x]y", "%0A::error::x"),
    *("##teamcity[message text='x']", "x\n::set-output name=a::b", "  ::warning::x", "::group::x", "%25%0D%0A"),
    *("digest<<EOF\nforged\nEOF", "changes=false", "ghadelimiter_x", "mscode_00000000000000000000000000000000"),
)
_HTML = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</details>", "</summary>", "</code></pre>", "<!--"),
    *(
        "-->",
        "]]>",
        "<![CDATA[",
        "<svg onload=alert(1)>",
        '" onmouseover="alert(1)',
        "' autofocus='",
        "</style>",
        "</title>",
    ),
    *(
        "<iframe src=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "&lt;b&gt;",
        "&#60;b&#62;",
        "<b>bold",
        "</li></ul>",
    ),
    *(
        "javascript:alert(1)",
        "<a href='javascript:alert(1)'>x</a>",
        "</section></main></body></html>",
        "<base href=//evil.example>",
    ),
)
_MARKDOWN = (
    *(
        "@octocat",
        "@org/team",
        "hello @octocat!",
        "#1",
        "GH-1",
        "org/repo#12",
        "!12",
        "$4",
        "~label",
        "%3",
        "&5",
        "^alert#1",
    ),
    *(
        "![x](https://evil.example/x.png)",
        "[x](https://evil.example)",
        "[x]: https://evil.example",
        "<https://evil.example>",
    ),
    *(
        "https://evil.example/?a=1",
        "www.evil.example",
        "a@evil.example",
        "| a | b |",
        "- [ ] task",
        "# heading",
        "> quote",
    ),
    *(
        "**bold**",
        "__bold__",
        "*i*",
        "_i_",
        "~~gone~~",
        "---",
        "===",
        "1. one",
        "\\",
        "\\`",
        "[^1]",
        "$$x$$",
        ":tada:",
        "/close",
    ),
    *(
        "<!-- mscode:comment:v1 -->",
        "> [!CAUTION]",
        "</details>\n\n# forged",
        "x\n\n**Plan: 0 to add**",
        "    code",
        "\t- x",
    ),
)
_TERMINAL = (
    *(
        f"{ESC}[2J",
        f"{ESC}[31mred",
        f"{ESC}]0;title\x07",
        f"{ESC}]8;;https://evil.example{ESC}\\x",
        "\r\nError: forged",
        "\x9b2J",
    ),
    *(
        f"{BIDI}gnp.exe",
        "\u2066x\u2069",
        "\u200bzero",
        "\ufeffbom",
        "\u2028line",
        "\u2029para",
        NUL,
        "\x7f",
        "\x08\x08\x08gone",
    ),
    *(
        "\udc80",
        "\U000e0041tag",
        "e\u0301\u0301\u0301",
        "\u202d\u202e\u202c",
        "a\tb",
        "line\nline",
        "\x85",
        "\xad",
        "\u061c",
    ),
)
_DATA = (
    *(
        '"',
        "'",
        "{}",
        "[]",
        "null",
        "${{ secrets.TOKEN }}",
        "$(id)",
        "`id`",
        "; rm -rf x",
        "../../x",
        "a,b:c=d",
        "%s %n",
        "{0}",
    ),
    *(
        "-" * 300,
        "`" * 300,
        "<" * 300,
        "@" * 300,
        "x" * 300,
        " ",
        "  leading",
        "trailing  ",
        "\\u0000",
        "\\x1b",
        "~",
        "=",
        "+",
        "-",
    ),
)
_BASE = (*_FENCES, *_COMMANDS, *_HTML, *_MARKDOWN, *_TERMINAL, *_DATA)
_MIXED = (
    *(f"```\n{name}" for name in _HTML),
    *(f"{name} @octocat {BIDI}" for name in _COMMANDS),
    *(f"`{name}`" for name in _MARKDOWN),
)
NAMES = tuple(dict.fromkeys((*_BASE, *_MIXED)))[:200]
