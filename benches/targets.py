"""What is measured: a stand-in provider directly, and proxies in front of one. Each has a stand-in of its own, so that
what reached the provider through each of them can be told."""

import getpass
import json
import os
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from build import Tools
from machine import LOOPBACK, Process, free_port


class Standin:
    """The provider behind a target."""

    def __init__(self, tools: Tools, folder: Path, name: str):
        port = free_port()
        # The journal's totals are enough: calls one by one would only fill memory.
        self.process = Process(
            [tools.standin, "--port", port, "--calls-max", 16],
            port,
            folder / f"standin-{name}.log",
        )
        self.url = f"http://{LOOPBACK}:{port}"

    def totals(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/standin/journal?since=999999999999", timeout=30) as page:
            return json.load(page)["totals"]


@dataclass
class Target:
    """Something that can be driven."""

    name: str
    standin: Standin
    process: Process
    keys: Path
    # Says what is wrong with what the target recorded, when everything has been driven.
    judge: Callable[[dict], list[str]] = field(default=lambda totals: [])

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.process.port}"

    def verdict(self) -> list[str]:
        return [f"{self.name}: {complaint}" for complaint in self.judge(self.standin.totals())]

    def stop(self) -> None:
        self.process.stop()
        self.standin.process.stop()


def start_direct(tools: Tools, folder: Path, keys: int) -> Target:
    standin = Standin(tools, folder, "direct")
    return Target("direct", standin, standin.process, made_up_keys(folder, keys))


def start_nginx(tools: Tools, folder: Path, keys: int) -> Target:
    standin = Standin(tools, folder, "nginx")
    home, port = folder / "nginx", free_port()
    home.mkdir()
    config = home / "nginx.conf"
    config.write_text(nginx_config(port, standin.process.port))
    command = [tools.nginx, "-p", home, "-c", config, "-e", home / "error.log"]
    try:
        process = Process(command, port, folder / "nginx.log")
    except BaseException:
        standin.process.stop()
        raise
    return Target("nginx", standin, process, made_up_keys(folder, keys))


def nginx_config(port: int, upstream: int) -> str:
    """A plain reverse proxy for a model provider: kept connections on both sides, events passed on as they come, bodies
    held in memory."""
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    return f"""
{user}
daemon off;
pid nginx.pid;
worker_processes {os.cpu_count()};
worker_rlimit_nofile 65536;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000000;
  client_max_body_size 64m;
  client_body_buffer_size 128k;
  upstream provider {{
    server {LOOPBACK}:{upstream};
    keepalive 256;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {LOOPBACK}:{port} backlog=4096;
    location / {{
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }}
  }}
}}
"""


def made_up_keys(folder: Path, count: int) -> Path:
    """Keys for targets that do not know any: as many, and about as long, as Purser's."""
    file = folder / "keys-made-up.txt"
    file.write_text("".join(f"sk-made-up-{number:037d}\n" for number in range(count)))
    return file
