#!/usr/bin/env python3
"""Checks every include of ours against the layer table below (docs/architecture.md)."""
import pathlib
import re
import sys

# Folder -> folders it may include, besides itself. Order is bottom to top.
BASE = {"core"}
WIRE = BASE | {"wire"}
KEYS = WIRE | {"identity", "store", "graph"}
LAYERS = {
    "src/core": set(),
    "src/wire": BASE,
    "src/identity": WIRE,
    "src/store": WIRE,
    "src/graph": WIRE,
    "src/dht": KEYS,
    "src/channel": KEYS | {"dht"},
    "src/gossip": KEYS | {"dht", "channel"},
    "src/messenger": KEYS | {"dht", "channel", "gossip"},
    "src/overlay": KEYS | {"dht", "channel", "gossip"},
    "src/forward": KEYS | {"dht", "channel", "gossip"},
    "src/tracker": KEYS | {"dht", "channel", "gossip"},
}
ALL_SRC = {name.split("/")[1] for name in LAYERS}
LAYERS["src/net"] = ALL_SRC
PLUGIN = ALL_SRC | {"plugins/session"}
LAYERS["plugins/session"] = ALL_SRC
for plugin in ("dht", "gossip", "swarm", "forward", "presence", "files"):
    LAYERS[f"plugins/{plugin}"] = PLUGIN
EMBED = PLUGIN | {"net"} | {f"plugins/{p}" for p in ("dht", "gossip", "swarm", "forward", "presence", "files")}
LAYERS["plugins/tau"] = EMBED

SESSION_HEADERS = re.compile(
    r'#include [<"]libtorrent/(session|session_handle|session_params|session_proxy|'
    r'extensions|alert|alert_types|torrent_handle|settings_pack|peer_connection_handle)(\.hpp|/)')
INCLUDE = re.compile(r'#include "([^"]+)"')


def folder_of(include: str) -> str | None:
    """The layer an include names, or None if it is not a file of the project."""
    parts = include.split("/")
    if parts[0] == "plugins" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ALL_SRC | {"net"} else None


def problems_of(path: pathlib.Path, layer: str):
    text = path.read_text(encoding="utf-8")
    own = layer.removeprefix("src/")
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        if match := INCLUDE.match(line):
            folder = folder_of(match[1])
            if folder and folder != own and folder not in LAYERS[layer]:
                yield f"{where}: {layer} may not include {match[1]}"
        if layer.startswith("src/") and SESSION_HEADERS.match(line):
            yield f"{where}: only adapters include {line.split()[1]}"


def main() -> int:
    found = []
    for root in ("src", "plugins"):
        for folder in sorted(p for p in pathlib.Path(root).glob("*") if p.is_dir()):
            files = [f for f in sorted(folder.rglob("*")) if f.suffix in (".cpp", ".hpp")]
            layer = f"{root}/{folder.name}"
            if files and layer not in LAYERS:
                found.append(f"{layer}: not in the table of scripts/check_layers.py")
                continue
            for file in files:
                found.extend(problems_of(file, layer))
    for problem in found:
        print(f"check: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
