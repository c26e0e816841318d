"""The JSON-RPC door of the ledger: names to functions, requests to answers.

`answer` takes one decoded request or a batch and never raises for what a caller did. Errors carry
the codes geth uses: -32700 unreadable, -32600 no request, -32601 no such method, -32602 wrong
parameters, -32000 refused, 3 reverted (with the revert data).
"""

from collections.abc import Callable, Mapping
from typing import Any

from freehold.chain.embedded import rpc_calls, rpc_chain, rpc_control, rpc_logs
from freehold.chain.embedded.chain import Chain, submit
from freehold.chain.embedded.rpc_values import RpcError, data_of
from freehold.core.errors import Broken, PlatformError

Method = Callable[..., Any]
MAX_BATCH = 2_000

METHODS: Mapping[str, Method] = {
    **rpc_chain.METHODS,
    **rpc_calls.METHODS,
    **rpc_logs.METHODS,
    **rpc_control.METHODS,
}


def answer(chain: Chain, asked: Any) -> Any:
    """The answer to a request or a batch of them; None where only notifications were sent."""
    if not isinstance(asked, list):
        return _answer_all(chain, [asked])[0]
    if not asked:
        return _failure(None, RpcError(-32600, "the batch is empty"))
    if len(asked) > MAX_BATCH:
        return _failure(None, RpcError(-32600, f"a batch may hold {MAX_BATCH} requests"))
    return [reply for reply in _answer_all(chain, asked) if reply is not None] or None


def _answer_all(chain: Chain, requests: list[Any]) -> list[Any]:
    """Answers in order; consecutive eth_sendRawTransaction go into one block where they fit."""
    replies: list[Any] = []
    at = 0
    while at < len(requests):
        end = at
        while end < len(requests) and _sends(requests[end]):
            end += 1
        if end > at:
            replies += _send_all(chain, requests[at:end])
            at = end
        else:
            replies.append(_answer_one(chain, requests[at]))
            at += 1
    return replies


def _sends(request: Any) -> bool:
    return isinstance(request, dict) and request.get("method") == "eth_sendRawTransaction"


def _send_all(chain: Chain, requests: list[Any]) -> list[Any]:
    raws: list[bytes | RpcError] = []
    for request in requests:
        try:
            raws.append(data_of(_only(request), "raw transaction"))
        except RpcError as fault:
            raws.append(fault)
    try:
        results = iter(submit(chain, [raw for raw in raws if isinstance(raw, bytes)]))
    except PlatformError as fault:
        return [_failure(request.get("id"), _translated(fault)) for request in requests]
    replies = []
    for request, raw in zip(requests, raws, strict=True):
        result = raw if isinstance(raw, RpcError) else next(results)
        replies.append(_reply(request, result))
    return replies


def _only(request: Any) -> Any:
    params = request.get("params")
    if not isinstance(params, list) or len(params) != 1:
        raise RpcError(-32602, "eth_sendRawTransaction takes one parameter: the signed bytes")
    return params[0]


def _reply(request: Any, result: bytes | RpcError | PlatformError) -> Any:
    if isinstance(result, bytes):
        return {"jsonrpc": "2.0", "id": request.get("id"), "result": "0x" + result.hex()}
    fault = _translated(result) if isinstance(result, PlatformError) else result
    return _failure(request.get("id"), fault)


def _answer_one(chain: Chain, request: Any) -> Any:
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _failure(None, RpcError(-32600, "this is not a JSON-RPC request"))
    try:
        result = _call(chain, request["method"], request.get("params") or [])
    except RpcError as fault:
        return _failure(request.get("id"), fault) if "id" in request else None
    except PlatformError as fault:
        return _failure(request.get("id"), _translated(fault))
    return {"jsonrpc": "2.0", "id": request["id"], "result": result} if "id" in request else None


def _call(chain: Chain, name: str, params: Any) -> Any:
    method = METHODS.get(name)
    if method is None:
        raise RpcError(-32601, f"the method {name} does not exist on this ledger")
    if not isinstance(params, list):
        raise RpcError(-32602, f"{name} takes its parameters as a list")
    code = method.__code__
    least = code.co_argcount - len(method.__defaults__ or ()) - 1
    if not least <= len(params) <= code.co_argcount - 1:
        raise RpcError(-32602, f"{name} takes {least} to {code.co_argcount - 1} parameters")
    return method(chain, *params)


def _translated(fault: PlatformError) -> RpcError:
    return RpcError(-32603 if isinstance(fault, Broken) else -32000, fault.message)


def _failure(ident: Any, fault: RpcError) -> Any:
    error: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault.data is not None:
        error["data"] = fault.data
    return {"jsonrpc": "2.0", "id": ident, "error": error}
