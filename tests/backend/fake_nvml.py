"""A driver that answers as its cards would. The real functions' names, arguments and errors; values are per card."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

GIB = 1 << 30


class NVMLError(Exception):
    """As pynvml's: its text is what the library says."""


@dataclass
class Card:
    """One card. A value of None: "Not Supported", as old and small cards answer."""

    name: str
    memory: int
    capability: tuple[int, int]
    used: int = 0
    reserved: int = 0
    cores: int | None = 10_496
    uuid: str = ""
    pids: list[int] = field(default_factory=list[int])
    pcie: tuple[int, int] | None = (4, 16)
    links: int = 0
    link_mbps: int | None = 14_062
    temperature: int | None = 41
    reasons: int | None = 0x1
    mig: bool = False
    lost: bool = False


class FakeNvml:
    """The module pynvml with these cards. `broken`: what nvmlInit says in place of starting."""

    NVMLError = NVMLError
    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU = 1, 2, 0
    NVML_P2P_CAPS_INDEX_READ = (0,)  # as pynvml 13 has it
    NVML_P2P_STATUS_OK = 0
    nvmlMemory_v2 = 2  # noqa: N815

    def __init__(self, *cards: Card, broken: str = "", old: bool = False, peers: bool = True) -> None:
        self.cards, self.broken, self.old, self.peers = cards, broken, old, peers

    def __getattr__(self, function: str) -> Any:
        """nvmlDeviceGetX(handle, …) is a question to the card; what is not named below is not supported."""
        if not function.startswith("nvml"):
            raise AttributeError(function)

        def call(*given: Any) -> Any:
            answer = self.answer(function, *given)
            if answer is None:
                raise NVMLError("Not Supported")
            return answer

        return call

    def nvmlInit(self) -> None:  # noqa: N802
        if self.broken:
            raise NVMLError(self.broken)

    def nvmlShutdown(self) -> None:  # noqa: N802
        pass

    def answer(self, function: str, *given: Any) -> Any:
        match function, given:
            case "nvmlDeviceGetCount", _:
                return len(self.cards)
            case "nvmlSystemGetDriverVersion", _:
                return "470.82.01" if self.old else "580.95.05"
            case "nvmlSystemGetCudaDriverVersion_v2", _:
                return 11_040 if self.old else 13_000
            case "nvmlSystemGetProcessName", _:
                return b"/usr/bin/blender" if self.old else "/usr/bin/blender"
            case "nvmlDeviceGetHandleByIndex", (int(index),):
                if self.cards[index].lost:
                    raise NVMLError("GPU is lost")
                return self.cards[index]
            case "nvmlDeviceGetHandleByUUID", (str(uuid),):
                return next(card for card in self.cards if card.uuid == uuid)
            case "nvmlDeviceGetP2PStatus", (_, _, int()):
                return 0 if self.peers else 1
            case _:
                return self.of_card(function, *given)

    def of_card(self, function: str, card: Card, *given: Any) -> Any:
        match function:
            case "nvmlDeviceGetMemoryInfo":
                if given and self.old:
                    raise NVMLError("Function Not Found")
                free = card.memory - card.used - card.reserved
                return SimpleNamespace(total=card.memory, free=free, used=card.used, reserved=card.reserved)
            case "nvmlDeviceGetComputeRunningProcesses":
                return [SimpleNamespace(pid=pid, usedGpuMemory=None) for pid in card.pids]
            case "nvmlDeviceGetFieldValues":
                told = card.link_mbps is not None
                return [SimpleNamespace(nvmlReturn=0 if told else 3, value=SimpleNamespace(uiVal=card.link_mbps or 0))]
            case "nvmlDeviceGetNvLinkState":
                return 1 if given[0] < card.links else None
            case _:
                return {
                    "nvmlDeviceGetName": card.name,
                    "nvmlDeviceGetUUID": card.uuid,
                    "nvmlDeviceGetCudaComputeCapability": card.capability,
                    "nvmlDeviceGetNumGpuCores": card.cores,
                    "nvmlDeviceGetMaxPcieLinkGeneration": card.pcie and card.pcie[0],
                    "nvmlDeviceGetMaxPcieLinkWidth": card.pcie and card.pcie[1],
                    "nvmlDeviceGetTemperature": card.temperature,
                    "nvmlDeviceGetCurrentClocksEventReasons": card.reasons,
                    "nvmlDeviceGetMaxClockInfo": {1: 2100, 2: 9751}.get(given[0]) if given else None,
                    "nvmlDeviceGetMemoryBusWidth": 384,
                    "nvmlDeviceGetPowerUsage": 91_250,
                    "nvmlDeviceGetEnforcedPowerLimit": 350_000,
                    "nvmlDeviceGetMigMode": (1, 1) if card.mig else None,
                }.get(function)
