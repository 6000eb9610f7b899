"""Labels and annotations of alerts are Go templates; Prometheus refuses a whole rule file for one that it cannot parse.

This checks what people get wrong: actions that do not end, blocks that are not closed, functions that are not there.
Source: Go, text/template/parse; prometheus/prometheus, template/template.go.
"""

from __future__ import annotations

import re

_ACTION = re.compile(r"\{\{(?:- )?(.*?)(?: -)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r'\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|\'(?:[^\'\\\n]|\\.)+\'|:=|[|(),=]|\$?\.?[A-Za-z0-9_][A-Za-z0-9_.]*|\$|\.(?=[\s|)]|$)|[-+][0-9.]+'
)
_COMMENT = re.compile(r"\s*/\*.*\*/\s*", re.DOTALL)
_OPENS = frozenset({"if", "range", "with", "define", "block"})
_WORDS = _OPENS | {"else", "end", "template", "break", "continue", "nil", "true", "false"}
_GO = "and or not len index slice print printf println html js urlquery call eq ne lt le gt ge"
_PROMETHEUS = (
    "query first label value strvalue args reReplaceAll safeHtml match title toUpper toLower graphLink tableLink "
    "sortByLabel stripPort stripDomain humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp "
    "toTime toDuration now pathPrefix externalURL parseDuration urlQueryEscape"
)
FUNCTIONS = frozenset(f"{_GO} {_PROMETHEUS}".split())
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def wrong(text: str) -> str | None:
    """What is wrong with a template; None when nothing is."""
    if "{{" not in text:
        return None
    blocks: list[str] = []
    for action in _ACTION.finditer(text):
        said = _wrong_action(action[1], blocks)
        if said is not None:
            return said
    rest = _ACTION.sub("", text)
    if "{{" in rest:
        return "an action is opened with {{ and not closed"
    return f"{{{{ {blocks[-1]} }}}} has no {{{{ end }}}}" if blocks else None


def _wrong_action(inner: str, blocks: list[str]) -> str | None:
    if _COMMENT.fullmatch(inner):
        return None
    tokens = _tokens(inner)
    if tokens is None:
        return f"cannot read {{{{{inner}}}}}"
    if not tokens:
        return "an empty action {{ }}"
    word = tokens[0]
    if word in _OPENS:
        blocks.append(word)
        if len(tokens) == 1:
            return f"{{{{ {word} }}}} lacks its condition"
    elif word == "end":
        if not blocks:
            return "{{ end }} without a beginning"
        blocks.pop()
    elif word == "else" and not blocks:
        return "{{ else }} without a beginning"
    if tokens.count("(") != tokens.count(")"):
        return f"parentheses do not match in {{{{{inner}}}}}"
    unknown = next((t for t in tokens if _IDENTIFIER.fullmatch(t) and t not in FUNCTIONS and t not in _WORDS), None)
    return None if unknown is None else f"unknown function {unknown}"


def _tokens(inner: str) -> list[str] | None:
    tokens: list[str] = []
    at = 0
    while at < len(inner):
        token = _TOKEN.match(inner, at)
        if token is None:
            return None
        if token[0].strip():
            tokens.append(token[0])
        at = token.end()
    return tokens
