"""The pictures of `docs/teacher.md`: each page of the staff's space, of a school where all is invented.

python -m tests.browser.pictures
"""

from __future__ import annotations

import base64
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.staffroom import HEAD, OF_THE_HEAD, TEACHER_, TEACHERS_PAGES, Room, staffroom

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "orga"
SEEN_OTHERWISE = ("eleves", "eleve", "equipe")
"""Pages that show more to an administrator."""
PICTURES = {
    TEACHER_: {name: name for name in TEACHERS_PAGES},
    HEAD: {f"{name}-direction": name for name in SEEN_OTHERWISE} | {name: name for name in OF_THE_HEAD},
}
"""Who looks → name of the file → name of the page."""
WIDTH, HEIGHT = 1000, 900
"""Pixels; of a longer page the beginning is shown."""
COLOURS = 64
FEWER_COLOURS = """
async ([png, most]) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  const often = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const palette = often.slice(0, most).map(parts);
  const far = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  const nearest = new Map(often.map((colour) => {
    const of_it = palette.map((each) => far(each, parts(colour)));
    return [colour, of_it.indexOf(Math.min(...of_it))];
  }));
  let text = "";
  for (const pixel of pixels) text += String.fromCharCode(nearest.get(pixel));
  return { width: image.width, palette: palette.flat(), pixels: btoa(text) };
}
"""
"""Most pixels keep their colour; those at the edges of letters take the nearest that is kept."""


def main() -> int:
    """Take every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        staffroom(Path(folder)) as room,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS) as browser,
    ):
        for who, pages in PICTURES.items():
            context = browser.new_context(locale="fr-FR", viewport={"width": WIDTH, "height": HEIGHT})
            page, tools = room.enter(context, who), context.new_page()
            for picture, name in pages.items():
                (FOLDER / f"{picture}.png").write_bytes(_picture(room, page, tools, name))
            context.close()
    return 0


def _picture(room: Room, page: Page, tools: Page, name: str) -> bytes:
    """The page's beginning, with few colours; `tools` is an empty page to count them in."""
    page.set_viewport_size({"width": WIDTH, "height": 200})
    page.goto(room.address(name))
    height = min(HEIGHT, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": WIDTH, "height": height})
    taken = base64.b64encode(page.screenshot(animations="disabled")).decode()
    image = tools.evaluate(FEWER_COLOURS, [taken, COLOURS])
    return _png(image["width"], bytes(image["palette"]), base64.b64decode(image["pixels"]))


def _png(width: int, palette: bytes, pixels: bytes) -> bytes:
    """An indexed PNG, one byte a pixel."""
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, len(pixels) // width, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    written = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


if __name__ == "__main__":
    sys.exit(main())
