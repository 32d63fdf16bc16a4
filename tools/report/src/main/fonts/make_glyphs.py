"""Writes the outlines of the letters that figures use, from DejaVu Sans: python3 make_glyphs.py DejaVuSans.ttf glyphs.txt

Needs fonttools. Run once; the result is kept at ../resources/org/ribonnx/report/glyphs.txt with the font's licence beside it.
A line is a code point in hexadecimal, the advance, and the outline: M, L, Q (quadratic), Z with coordinates in font
units, y upwards. The first line is the number of units per em.
"""

import sys

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

POINTS = [*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "–—‘’“”…‹›′″→≤≥−×·")]


class Pen(BasePen):
    """Collects an outline as text."""

    def __init__(self, glyphs):
        super().__init__(glyphs)
        self.parts = []

    def add(self, command, *points):
        self.parts.append(command + " ".join(str(round(value)) for point in points for value in point))

    def _moveTo(self, point):
        self.add("M", point)

    def _lineTo(self, point):
        self.add("L", point)

    def _qCurveToOne(self, control, point):
        self.add("Q", control, point)

    def _closePath(self):
        self.parts.append("Z")


def main(font_path, target):
    font = TTFont(font_path)
    names = font.getBestCmap()
    glyphs = font.getGlyphSet()
    with open(target, "w", encoding="ascii") as out:
        out.write(f"{font['head'].unitsPerEm}\n")
        for point in sorted(set(POINTS)):
            glyph = glyphs[names[point]]
            pen = Pen(glyphs)
            glyph.draw(pen)
            out.write(f"{point:x} {glyph.width} {''.join(pen.parts)}".rstrip() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
