"""What a tab's events say of what is on its way."""

from __future__ import annotations

from autoglm.browser.news import News
from autoglm.types import Response

DOCUMENT = {"requestId": "1", "frameId": "F", "type": "Document", "request": {"method": "GET", "url": "http://x/"}}


def test_a_frame_that_moved_to_a_session_of_its_own_has_no_request_left_in_the_one_it_began_in() -> None:
    news = News()
    news.hear("Network.requestWillBeSent", DOCUMENT, "")
    news.hear("Network.requestWillBeSent", {**DOCUMENT, "requestId": "2", "type": "Script"}, "")
    assert news.busy()
    news.hear("Network.loadingFinished", {"requestId": "2"}, "")
    news.hear("Target.attachedToTarget", {"sessionId": "S", "targetInfo": {"targetId": "F", "type": "iframe"}}, "")
    assert not news.busy()


def test_a_frame_that_stayed_in_its_session_is_waited_for_until_its_request_has_ended() -> None:
    news = News()
    news.hear("Network.requestWillBeSent", DOCUMENT, "")
    news.hear("Target.attachedToTarget", {"sessionId": "S", "targetInfo": {"targetId": "G", "type": "iframe"}}, "")
    assert news.busy()
    news.hear("Network.loadingFinished", {"requestId": "1"}, "")
    assert not news.busy()


SENT = {"requestId": "3", "type": "Fetch", "request": {"method": "POST", "url": "http://x/pay?card=1"}}


def test_what_was_sent_is_told_before_it_is_answered_and_when_it_never_is() -> None:
    news = News()
    news.hear("Network.requestWillBeSent", SENT, "")
    assert news.answered() == [Response("POST", "http://x/pay", 0)]
    assert news.answered() == []
    answer = {"requestId": "3", "type": "Fetch", "response": {"url": "http://x/pay", "status": 201}}
    news.hear("Network.responseReceived", answer, "")
    assert news.answered() == [Response("POST", "http://x/pay", 201)]
    news.hear("Network.requestWillBeSent", {**SENT, "requestId": "4"}, "")
    news.hear("Network.loadingFailed", {"requestId": "4", "type": "Fetch", "canceled": True}, "")
    assert news.answered() == [Response("POST", "http://x/pay", 0)]
    assert news.answered() == []
