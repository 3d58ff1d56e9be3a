#!/usr/bin/env python3
"""Checks that installed shims speak the protocol. One line a shim: ok, or what failed. Exits 1 where one failed.

    check.py [name…]

Each shim is started once. It must greet as its target.toml says, answer lines that are no requests and go on, keep the order of
requests that are sent ahead, and read a plain header where it reads headers. Cookies that the library made itself (`--sample`)
must be accepted with their payload, and refused with an altered octet, another secret, under another name, and where they are
missing. Shims that are not installed are named and left out. Nothing is said here about how well a library does: that is what
the harness is for.
"""

import base64
import json
import subprocess
import sys

# Nothing is left in the checkout.
sys.dont_write_bytecode = True
from install import installed, probe, substitute, targets

TIMEOUT = 60


class Wrong(Exception):
    pass


def want(holds, what, got):
    if not holds:
        raise Wrong(f"{what}: {json.dumps(got)[:300]}")


def b64(octets):
    return base64.b64encode(octets).decode("ascii")


def run(command, folder, text):
    try:
        return subprocess.run(command, cwd=folder, input=text, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Wrong(f"no end within {TIMEOUT} s") from None
    except OSError as error:
        raise Wrong(f"it does not start: {error}") from None


def talk(command, folder, lines):
    """One conversation: the answer to each line."""
    text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    done = run(command, folder, text + b'{"cmd":"stop"}\n{"cmd":"start","protocol":1}\n')
    if done.returncode != 0:
        raise Wrong(f"exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        answer.pop("nanoseconds", None)
    want(len(answers) == len(lines), f"{len(lines)} lines were sent, and answered with", len(answers))
    return answers


def verify(seq, header, policy):
    return {"cmd": "verify", "seq": seq, "input": {"cookie": header}, "policy": policy, "unknown": {"member": 1}}


def greeting(command, folder, target):
    lines = [
        b"no JSON",
        b'{"cmd":"dance"}',
        b'{"cmd":"start","protocol":99}',
        b"[]",
        b'{"cmd":"verify"}',
        b"\xff\xfe",
        {"cmd": "start", "protocol": 1},
        {"cmd": "verify", "seq": 5, "input": {"token": "a.b.c"}, "policy": {"algorithms": ["HS256"]}},
        verify(6, {"header": "sid=1"}, {"cookie": {"name": "sid", "scheme": "no-such-scheme", "secrets": [b64(b"x")]}}),
        verify(7, {"header": "sid=1"}, {"leeway": 5, "cookie": {"name": "sid"}}),
    ]
    answers = talk(command, folder, lines)
    errors = [answer.get("error") for answer in answers[:6]]
    want(errors == ["bad-line", "unknown-cmd", "unknown-protocol", "bad-line", "bad-line", "bad-line"], "errors", errors)
    want(answers[2].get("supported") == [1], "the versions it speaks", answers[2])
    hello = answers[6]
    want(hello.get("protocol") == 1, "the greeting", hello)
    for member in ("name", "language", "homepage", "issues"):
        want(hello["target"].get(member) == target[member], f"its {member} is not target.toml's", hello["target"])
    want(hello["target"].get("version"), "it has no version", hello["target"])
    of_system = probe(folder, target)
    want(of_system in (None, hello["target"]["version"]), f"its version is not the system's, {of_system}", hello["target"])
    for seq, feature in ((5, "token"), (6, "no-such-scheme"), (7, "leeway")):
        expected = {"seq": seq, "verdict": "unsupported", "feature": feature}
        want(answers[seq + 2] == expected, f"{feature} is not answered unsupported", answers[seq + 2])
    return hello


def headers(command, folder, hello):
    """True where the shim reads headers."""
    policy = {"cookie": {"name": "sid"}}
    lines = [verify(seq, {"header": "sid=31d4; theme=dark"}, policy) for seq in range(40)]
    lines.append(verify(40, {"header_bytes": b64(b"sid=31d4; theme=dark")}, policy))
    lines.append(verify(41, {"lines": [b64(b"sid=31d4"), b64(b"theme=dark")]}, policy))
    answers = talk(command, folder, lines)
    want([answer.get("seq") for answer in answers] == list(range(42)), "order of the answers", answers[-1])
    if all(answer.get("feature") == "cookie" for answer in answers[:41]):
        return False
    pairs = {"pairs": [[b64(b"sid"), b64(b"31d4")], [b64(b"theme"), b64(b"dark")]]}
    for answer in answers[:41]:
        want(answer == {"seq": answer["seq"], "verdict": "accept", "claims": pairs}, "sid=31d4; theme=dark", answer)
    several = answers[41].get("verdict")
    if "cookie-lines" in hello["supports"]:
        want(several in ("accept", "reject"), "several lines", answers[41])
    else:
        want(answers[41].get("feature") == "cookie-lines", "several lines", answers[41])
    return True


def samples(command, folder):
    """Cookies that the library made are read, and what is not genuine is refused. The schemes that were seen."""
    done = run([*command, "--sample"], folder, b"")
    want(done.returncode == 0, "--sample", done.stderr.decode(errors="replace")[-300:])
    made = [json.loads(line) for line in done.stdout.splitlines()]
    for sample in made:
        policy, value = sample["policy"], base64.b64decode(sample["value"])
        scheme = policy["cookie"]["scheme"]
        middle = len(value) // 2
        altered = value[:middle] + (b"A" if value[middle : middle + 1] != b"A" else b"B") + value[middle + 1 :]
        secrets = [b64(bytes(octet ^ 1 for octet in base64.b64decode(secret))) for secret in policy["cookie"]["secrets"]]
        other = {**policy, "cookie": {**policy["cookie"], "secrets": secrets}}
        whole = {"header_bytes": b64(b"theme=dark; sid=" + value)}
        shown = [
            ("genuine", whole, policy),
            ("altered", {"header_bytes": b64(b"theme=dark; sid=" + altered)}, policy),
            ("another secret", whole, other),
            ("another name", {"header_bytes": b64(b"theme=dark; sie=" + value)}, policy),
            ("missing", {"header": "theme=dark"}, policy),
        ]
        answers = talk(command, folder, [verify(seq, header, how) for seq, (_, header, how) in enumerate(shown)])
        for (what, _, _), answer in zip(shown, answers):
            expected = "accept" if what == "genuine" else "reject"
            want(answer.get("verdict") == expected, f"{scheme}: {what}", answer)
        [[name, payload]] = answers[0]["claims"]["pairs"]
        got, expected = base64.b64decode(payload), base64.b64decode(sample["payload"])
        if sample["json"]:
            got, expected = json.loads(got), json.loads(expected)
        want(base64.b64decode(name) == b"sid" and got == expected, f"{scheme}: payload", answers[0])
    return {sample["policy"]["cookie"]["scheme"] for sample in made}


def check(name, folder, target):
    command = substitute(target["command"], name)
    hello = greeting(command, folder, target)
    reads = headers(command, folder, hello)
    schemes = samples(command, folder)
    features = {"cookie", "cookie-lines", "rotation", "max-age", "clock"}
    claimed = set(hello["supports"]) - features
    want(claimed == schemes, "schemes that it claims and has no sample of, or the reverse", sorted(claimed ^ schemes))
    want(reads or schemes, "it reads no header and opens no scheme", hello["supports"])
    what = (["header"] if reads else []) + sorted(schemes)
    return f"{hello['target']['version']}, {', '.join(what)}"


def main(names):
    known = targets()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no such shim: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or known:
        folder, target = known[name]
        if not installed(name, folder, target):
            print(f"{name}: not installed (install.py {name})", flush=True)
            continue
        try:
            print(f"{name}: ok ({check(name, folder, target)})", flush=True)
        except (Wrong, ValueError, KeyError, TypeError) as error:
            failed += 1
            print(f"{name}: FAILED: {type(error).__name__ if not isinstance(error, Wrong) else ''} {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
