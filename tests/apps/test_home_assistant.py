"""Home Assistant, custom elements and shadow roots within shadow roots; what was done is asked of its own interface."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.apps.application import python_of, running
from tests.apps.conftest import CarryOut
from tests.apps.script import See, do

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

CONFIGURATION = Path(__file__).with_name("home.yaml")
SET_UP = {"version": 4, "minor_version": 1, "key": "onboarding"}
"""Of its first questions only who the owner is stays open; the others look for devices on the network."""
LOG_IN = (
    do("Type", 'textbox "Username"', text="ada"),
    do("Type", 'password "Password"', text="let-me-in"),
    do("Click", 'button "Log in"'),
    See('"House mode"'),
)


@dataclass(frozen=True, slots=True)
class Home:
    url: str
    token: str

    def state(self, entity: str) -> dict[str, Any]:
        """`state` and `attributes`. https://developers.home-assistant.io/docs/api/rest"""
        answer = httpx.get(f"{self.url}/api/states/{entity}", headers={"Authorization": f"Bearer {self.token}"})
        return answer.raise_for_status().json()

    def listed(self, command: str) -> list[Any]:
        """https://developers.home-assistant.io/docs/api/websocket"""
        with connect(f"{self.url.replace('http', 'ws')}/api/websocket") as wire:
            wire.recv()
            wire.send(json.dumps({"type": "auth", "access_token": self.token}))
            wire.recv()
            wire.send(json.dumps({"id": 1, "type": command}))
            return json.loads(wire.recv())["result"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(CONFIGURATION, folder / "configuration.yaml")
    (folder / ".storage").mkdir()
    told = {**SET_UP, "data": {"done": ["core_config", "analytics", "integration"]}}
    (folder / ".storage" / "onboarding").write_text(json.dumps(told), encoding="utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def address(_: str) -> str | None:
        try:
            return url if httpx.get(f"{url}/manifest.json").is_success else None
        except httpx.TransportError:
            return None

    command = [python_of("homeassistant"), "-m", "homeassistant", "--skip-pip", "--config", folder]
    with running(command, folder / "log", address, PORT=str(port)):
        yield Home(url, owner(url))


def free_port() -> int:
    """Home Assistant takes no port 0."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def owner(url: str) -> str:
    """Makes the owner of the home. The token of her session."""
    person = {"client_id": f"{url}/", "name": "Ada", "username": "ada", "password": "let-me-in", "language": "en"}
    made = httpx.post(f"{url}/api/onboarding/users", json=person, timeout=20).raise_for_status().json()
    grant = {"client_id": f"{url}/", "grant_type": "authorization_code", "code": made["auth_code"]}
    return httpx.post(f"{url}/auth/token", data=grant).raise_for_status().json()["access_token"]


async def test_the_lamp_is_dimmed_in_its_dialog_by_keys(home: Home, carry_out: CarryOut) -> None:
    await carry_out(
        home.url,
        *LOG_IN,
        do("Click", 'button "Lamp"'),
        do("Press", 'slider "Brightness"', key="PageUp"),
        See('slider "Brightness" = "10%"'),
        do("Press", 'slider "Brightness"', key="ArrowUp"),
        See('slider "Brightness" = "11%"'),
    )
    lamp = home.state("light.lamp")
    assert lamp["state"] == "on" and lamp["attributes"]["brightness"] == round(0.11 * 255)


async def test_an_area_is_made_and_another_deleted_after_a_dialog_that_asks(home: Home, carry_out: CarryOut) -> None:
    await carry_out(
        home.url,
        *LOG_IN,
        do("Click", 'option "Settings'),
        do("Click", 'menuitem "Areas & zones'),
        do("Click", 'button "Create Area"'),
        do("Type", 'textbox "Name"', text="Observatory"),
        do("Click", 'button "Add"', after='button "Cancel"'),
        See('link "Observatory"\n'),
        do("Click", 'link "Bedroom"'),
        do("Click", 'button "Menu"', after='"Bedroom"'),
        do("Click", 'menuitem "Delete"'),
        do("Click", 'button "Delete"', after="dialog"),
        See('link "Observatory"\n'),
    )
    assert {area["name"] for area in home.listed("config/area_registry/list")} == {
        "Kitchen",
        "Living Room",
        "Observatory",
    }


async def test_a_helper_is_made_in_one_dialog_after_another(home: Home, carry_out: CarryOut) -> None:
    await carry_out(
        home.url,
        *LOG_IN,
        do("Goto", url=f"{home.url}/config/helpers"),
        do("Click", 'button "Create helper"'),
        do("Click", 'option "Counter"'),
        do("Type", 'textbox "Name"', after="Create Counter", text="Visitors"),
        do("Type", 'spinbutton "Initial value"', text="7"),
        do("Click", 'button "Create"'),
        See("counter.visitors"),
    )
    visitors = home.state("counter.visitors")
    assert visitors["state"] == "7" and visitors["attributes"]["friendly_name"] == "Visitors"


async def test_a_mode_is_chosen_from_a_menu(home: Home, carry_out: CarryOut) -> None:
    await carry_out(
        home.url,
        *LOG_IN,
        do("Click", 'combobox "House mode" = "Home"'),
        do("Click", 'option "Night"'),
        See('combobox "House mode" = "Night" collapsed'),
    )
    assert home.state("input_select.mode")["state"] == "Night"


async def test_a_switch_and_a_slider_are_set_on_the_dashboard(home: Home, carry_out: CarryOut) -> None:
    await carry_out(
        home.url,
        *LOG_IN,
        do("Check", 'switch "Toggle Guests are here on" off', on=True),
        See('switch "Toggle Guests are here off" on'),
        do("Type", "slider", after='"Target temperature"', text="24.5"),
        See('"24.5"'),
    )
    assert home.state("input_boolean.guests")["state"] == "on"
    assert home.state("input_number.target")["state"] == "24.5"
