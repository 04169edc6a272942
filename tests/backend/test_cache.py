"""What is remembered between requests."""

from __future__ import annotations

import pytest
import torch
from autoglm_backend.cache import CacheShape, KeyValueCache
from autoglm_backend.pool import PrefixPool, Slot, common_prefix

SHAPE = CacheShape(layers=2, heads=1, head_dim=2, capacity=64)


def fill(slot: Slot, ids: list[int]) -> None:
    assert isinstance(slot.cache, KeyValueCache)
    for layer in range(SHAPE.layers):
        states = torch.tensor(ids, dtype=torch.float32).view(1, 1, -1, 1).expand(1, 1, -1, 2)
        slot.cache.update(states, states, layer)
    slot.ids += ids


def held(slot: Slot) -> list[int]:
    assert isinstance(slot.cache, KeyValueCache)
    layer = slot.cache.preallocated[-1]
    return layer.buffer[1, 0, 0, : layer.length, 0].int().tolist()


@pytest.mark.parametrize(("left", "right", "shared"), [([], [1], 0), ([1, 2], [1, 2, 3], 2), ([1, 9], [1, 2], 1)])
def test_a_common_prefix_is_counted(left: list[int], right: list[int], shared: int) -> None:
    assert common_prefix(left, right) == shared


def remember(pool: PrefixPool, ids: list[int]) -> Slot:
    """The slot that holds these tokens, free again."""
    slot = pool.take(ids)
    fill(slot, ids[slot.cache.length :])
    pool.give_back(slot)
    return slot


def test_a_longer_prompt_continues_the_slot_that_holds_its_beginning() -> None:
    pool = PrefixPool(lambda: KeyValueCache(SHAPE), 4)
    first = remember(pool, [1, 2, 3])

    again = pool.take([1, 2, 3, 4])

    assert (again is first, held(again), again.ids) == (True, [1, 2, 3], [1, 2, 3])


def test_the_last_token_of_a_prompt_is_always_computed() -> None:
    pool = PrefixPool(lambda: KeyValueCache(SHAPE), 4)
    remember(pool, [1, 2, 3])
    assert held(pool.take([1, 2, 3])) == [1, 2]


def test_two_conversations_with_one_opening_do_not_evict_each_other() -> None:
    pool = PrefixPool(lambda: KeyValueCache(SHAPE), 4)
    left, right = [1, 2, *range(10, 30)], [1, 2, *range(40, 60)]
    first = remember(pool, left)

    second = pool.take(right)

    assert (held(second), held(first)) == ([1, 2], left)
    fill(second, right[2:])
    pool.give_back(second)
    assert held(pool.take([*left, 5])) == left


def test_a_busy_conversation_lends_its_beginning_and_goes_on() -> None:
    pool = PrefixPool(lambda: KeyValueCache(SHAPE), 2)
    first = pool.take([1, 2, 3, 4])
    fill(first, [1, 2, 3, 4])

    second = pool.take([1, 2, 3, 9])

    assert (second is first, held(second), held(first)) == (False, [1, 2, 3], [1, 2, 3, 4])


def test_there_are_never_more_slots_than_allowed_and_the_oldest_goes_first() -> None:
    pool = PrefixPool(lambda: KeyValueCache(SHAPE), 2)
    for start in (100, 200, 300):
        remember(pool, [start, start + 1])
    assert sorted(held(slot)[0] for slot in pool.slots) == [200, 300]


def test_a_pool_that_shrinks_keeps_what_is_busy_until_it_is_given_back() -> None:
    pool = PrefixPool(lambda: KeyValueCache(SHAPE), 3)
    remember(pool, [1, 2])
    busy = [pool.take([at, at + 1]) for at in (10, 20)]

    pool.shrink(1)
    assert set(map(id, pool.slots)) == set(map(id, busy))

    pool.give_back(busy[0])
    assert [slot is busy[1] for slot in pool.slots] == [True]


def test_updates_come_back_as_views_of_one_buffer() -> None:
    cache = KeyValueCache(SHAPE)
    keys, _ = cache.update(torch.ones(1, 1, 3, 2), torch.ones(1, 1, 3, 2), 0)
    assert keys.untyped_storage().data_ptr() == cache.preallocated[0].buffer.untyped_storage().data_ptr()
