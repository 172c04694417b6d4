import asyncio

from firmware.ops.stream import Stream


async def test_a_subscriber_hears_everything_from_its_subscription_on() -> None:
    stream = Stream()
    stream.publish("before")
    with stream.subscribe() as events:
        stream.publish("off-hook", line="a")  # nobody has asked for the first event yet
        stream.publish("on-hook", line="a")
        assert await anext(events) == {"event": "off-hook", "line": "a"}
        assert await anext(events) == {"event": "on-hook", "line": "a"}
    assert not stream._listeners


async def test_a_slow_subscriber_loses_events_and_is_told_how_many() -> None:
    stream = Stream()
    with stream.subscribe() as events:
        for number in range(1500):
            stream.publish("digit", number=number)
        heard = [await anext(events) for _ in range(1000)]
        assert [event["number"] for event in heard] == list(range(1000))
        assert await anext(events) == {"event": "lost", "count": 500}
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        stream.publish("again")
        assert await waiting == {"event": "again"}
