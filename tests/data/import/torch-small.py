"""Writes torch-small.pickle and torch-small.json: a memory snapshot of PyTorch's CUDA caching allocator, in miniature.

The keys, their order and the sharing of strings and frames are those of torch.cuda.memory._snapshot(); no GPU is needed.
The figures that tests/import_torch.cpp expects are counted here, by a dict of addresses, and printed.
"""
import json
import pickle
import random

random.seed(11)
BASE = 139833534054400
FRAMES = [{"name": name, "filename": "/opt/train/" + file, "line": line}
          for name, file, line in [("forward", "model.py", 41), ("step", "train.py", 17), ("main", "train.py", 90),
                                   ("backward", "autograd.py", 7)]]


def device(number, events, ring):
    live, pending, trace, at, time = {}, [], [], 0, 1748730219596671
    base = BASE + number * (1 << 40)
    trace.append({"action": "segment_alloc", "addr": base, "size": 20971520, "stream": 0, "time_us": time})
    for _ in range(events):
        time += random.randrange(1, 400)
        where = [FRAMES[random.randrange(4)], FRAMES[2]]
        if live and random.random() < 0.47:
            addr = random.choice(sorted(live))
            entry = {"addr": addr, "size": live[addr], "stream": 0, "time_us": time, "frames": where}
            trace.append({"action": "free_requested", **entry})
            pending.append((addr, entry))
            if random.random() < 0.9:
                trace.append({"action": "free_completed", **pending.pop()[1]})
                del live[addr]
            else:
                live[addr] = live.pop(addr)
                pending.pop()
        else:
            size = random.choice([512, 700, 4096, 5000, 1 << 20])
            addr = base + at * (1 << 21)
            at += 1
            live[addr] = size
            trace.append({"action": "alloc", "addr": addr, "size": size, "stream": 0, "time_us": time, "frames": where})
    trace.append({"action": "oom", "device_free": 1048576, "size": 1 << 35, "stream": 0, "time_us": time + 5})
    trace.append({"action": "snapshot", "addr": 0, "size": 0, "stream": 0, "time_us": time + 9})
    return live, trace[-ring:]


def segments(number, live):
    base = BASE + number * (1 << 40)
    blocks = [{"address": addr, "size": (size + 511) // 512 * 512, "requested_size": size, "state": "active_allocated",
               "frames": [FRAMES[0]]} for addr, size in sorted(live.items())]
    blocks.append({"address": base + (1 << 39), "size": 4096, "requested_size": 0, "state": "inactive", "frames": []})
    return {"device": number, "address": base, "total_size": 20971520, "allocated_size": sum(live.values()),
            "active_size": sum(live.values()), "requested_size": sum(live.values()), "stream": 0,
            "segment_type": "large", "segment_pool_id": (0, 0), "is_expandable": False, "frames": [], "blocks": blocks}


def figures(live_at_end, trace):
    seen, before = set(), {}
    for entry in trace:
        if entry["action"] not in ("alloc", "free_completed"):
            continue
        if entry["action"] == "free_completed" and entry["addr"] not in seen:
            before[entry["addr"]] = entry["size"]
        seen.add(entry["addr"])
    before.update({addr: size for addr, size in live_at_end.items() if addr not in seen})
    live, peak = dict(before), sum(before.values())
    for entry in trace:
        if entry["action"] == "alloc":
            live[entry["addr"]] = entry["size"]
        elif entry["action"] == "free_completed":
            live.pop(entry["addr"])
        peak = max(peak, sum(live.values()))
    assert live == live_at_end
    count = lambda action: sum(entry["action"] == action for entry in trace)
    return {"before": len(before), "allocs": len(before) + count("alloc") + count("oom"),
            "frees": count("free_completed"), "peak": peak, "left": len(live), "left_bytes": sum(live.values())}


devices = [device(0, 40, 30), device(1, 300, 200)]
snapshot = {"segments": [segments(number, live) for number, (live, _) in enumerate(devices)],
            "device_traces": [trace for _, trace in devices],
            "allocator_settings": {"PYTORCH_CUDA_ALLOC_CONF": "", "max_split_size": -1, "expandable_segments": False},
            "external_annotations": []}
for live, trace in devices:
    print(figures(live, trace))
with open("torch-small.pickle", "wb") as file:
    pickle.dump(snapshot, file)
with open("torch-small.json", "w") as file:
    json.dump(snapshot, file)
