"""Which addresses strangers may name."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from video_pipeline.errors import BadInput
from video_pipeline.internet.addresses import Guard, is_public

PUBLIC = "93.184.215.14"
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.9",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fec0::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::80ff:fffe",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_on_the_public_internet_is_not_asked(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(BadInput, match="not on the public internet") as refused:
        Guard(resolve=lambda *_: [address]).place("https://pictures.example/a.jpg")
    assert refused.value.code == "url_not_public"


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "64:ff9b::5db8:d70e"])
def test_what_is_public_is_asked_at_the_address_that_was_looked_at(address: str) -> None:
    place = Guard(resolve=lambda *_: [address]).place("https://Pictures.example/a%20b.jpg?w=3#top")
    assert (place.address, place.host, place.port, place.target) == (
        str(ip_address(address)),
        "pictures.example",
        443,
        "/a%20b.jpg?w=3",
    )


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(BadInput, match="not on the public internet"):
        Guard(resolve=lambda *_: [PUBLIC, "10.0.0.1"]).place("http://pictures.example/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pictures.example/a.jpg",
        "file:///etc/passwd",
        "gopher://pictures.example/",
        "//pictures.example/a.jpg",
        "https://",
        "https://ann:secret@pictures.example/a.jpg",
        "https://@pictures.example/a.jpg",
        "https://pictures.example:0/",
        "https://pictures.example:99999/",
        "https://pictures.example:8o/",
        "https://[::1/a.jpg",
        "https://pictures.example/a b.jpg",
        "https://pictures.example/a\r\nHost: inside",
        "https://pictures.example/ä.jpg",
        "https://" + "a" * 5_000,
    ],
)
def test_what_is_no_address_on_the_web_is_refused_before_anybody_is_asked(url: str) -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("a name was looked up")

    with pytest.raises(BadInput) as refused:
        Guard(resolve=never).place(url)
    assert refused.value.code == "url_wrong"


def test_a_place_that_an_operator_trusts_may_be_inside_but_only_on_its_port() -> None:
    guard = Guard(["media.corp.example:8080"], resolve=lambda *_: ["10.0.0.7"])
    assert guard.place("http://media.corp.example:8080/a.jpg").address == "10.0.0.7"
    for url in ("http://media.corp.example/a.jpg", "http://other.corp.example:8080/a.jpg"):
        with pytest.raises(BadInput) as refused:
            guard.place(url)
        assert refused.value.code in {"url_not_public", "url_port"}


def test_numbers_that_mean_an_inner_address_are_seen_through() -> None:
    for host in ("2130706433", "0x7f.1", "127.1"):
        with pytest.raises(BadInput) as refused:
            Guard().place(f"http://{host}/a.jpg")
        assert refused.value.code in {"url_not_public", "download_failed"}


def test_a_name_that_nobody_knows_is_said() -> None:
    def unknown(*_: object) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(BadInput, match="No address is known") as refused:
        Guard(resolve=unknown).place("https://pictures.example/")
    assert refused.value.code == "download_failed"


def test_other_ports_than_the_web_s_are_not_tried_out_for_strangers() -> None:
    for guard, url in (
        (Guard(resolve=lambda *_: [PUBLIC]), "https://pictures.example:22/"),
        (Guard(ports=[443], resolve=lambda *_: [PUBLIC]), "http://pictures.example/"),
    ):
        with pytest.raises(BadInput, match="Nothing is fetched from port") as refused:
            guard.place(url)
        assert refused.value.code == "url_port"
        assert "https://" in refused.value.hint
