"""Blocks, links and headings of the project's Markdown. Only what is used here."""
import dataclasses
import re

FENCE = re.compile(r'^(\s*)(`{3,}|~{3,})\s*(\S*)\s*$')
MARK = re.compile(r'^\s*<!--\s*(not run|from|fails):?\s+(.*?)\s*-->\s*$')
LINK = re.compile(r'!?\[[^\]]*\]\(([^)\s]+)\)')


@dataclasses.dataclass
class Block:
    place: str     # file:line, for people
    language: str  # of the fence; 'indented' for blocks without one
    text: str
    mark: str      # 'not run', 'from', 'fails' or nothing
    note: str      # what the mark says: a reason, a path


def blocks(path, name):
    """All code blocks of a file, in their order."""
    lines = path.read_text(encoding='utf-8').splitlines()
    mark, note, i = '', '', 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        if fence:
            indent, ticks, language = fence.groups()
            start = i + 1
            i = start
            while not lines[i].strip().startswith(ticks):
                i += 1
            body = [line.removeprefix(indent) for line in lines[start:i]]
            yield Block(f'{name}:{start}', language, '\n'.join(body) + '\n', mark, note)
            mark, note = '', ''
        elif found := MARK.match(lines[i]):
            mark, note = found.groups()
        elif lines[i].startswith('    ') and (i == 0 or not lines[i - 1].strip()):
            yield Block(f'{name}:{i + 1}', 'indented', lines[i].strip() + '\n', '', '')
        elif lines[i].strip():
            mark, note = '', ''
        i += 1


def without_code(text):
    return re.sub(r'`[^`\n]*`', '', re.sub(r'^(`{3,}).*?^\1', '', text, flags=re.M | re.S))


def links(path):
    return LINK.findall(without_code(path.read_text(encoding='utf-8')))


def anchors(path):
    """As GitHub makes them of headings."""
    text = re.sub(r'^(`{3,}).*?^\1', '', path.read_text(encoding='utf-8'), flags=re.M | re.S)
    for heading in re.findall(r'^#+\s+(.*?)\s*$', text, flags=re.M):
        plain = re.sub(r'[^\w\- ]', '', heading.lower())
        yield plain.replace(' ', '-')
