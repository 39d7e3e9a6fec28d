"""The serving path: encodings in, scores out, on one model shared by every task.

The five-minute story. A record arrives as text that the pipeline has already normalised.

1. `Encoder` turns texts into `Encoding`s, unpadded token ids, in the caller's small thread pool.
2. The caller wraps each encoding in an `Item` (which heads it wants, its lane, when it came in, and a payload
   that is nobody's business here) and hands it to `BatchScheduler.submit`. That only appends to a queue: it
   never waits.
3. `TokenBudgetBatcher` decides what runs together. It is a pure data structure: a *turn* takes the oldest
   records that a budget of padded tokens holds, and cuts them into a few batches of about one length.
4. The scheduler's *forming* thread asks the batcher for a turn as soon as the engine is free, at once and
   without a timer: turns grow only because the engine is busy. When what waits already fills a turn, it is
   formed and padded while the engine runs, so that a loaded engine never waits.
5. The scheduler's *engine* thread runs it. ONNX Runtime releases the interpreter lock, so the event loop goes
   on. `Depth` says how much of the model answers: under overload the early exit alone. With a `CascadeEngine` it
   answers clean posts always, and the layers above run for the rest only.
6. All outcomes of a batch reach the event loop in one callback, `deliver`. A record that makes the engine
   fail is found by halving its batch (`isolating`), and it alone gets the error. If a thread dies, everything
   that waits fails.

`types` holds what travels between these parts; `scores` turns logits into probabilities; `golden` compares
the engine with what its artifact promises, before the service reports ready; `NullEngine` answers without a
model, to measure all that is not the model.
"""
