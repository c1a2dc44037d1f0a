#!/usr/bin/env bash
# What only a GPU can show, in one command of under nine minutes: see README.md beside this file.
#
#   benchmarks/gpu/run.sh [tests] [speed] [fashion]        all three when none is named
#
# OUT     folder of the results                    (benchmarks/gpu/results)
# RUN     run directory of fashion                 (runs/fashion-gpu)
# DATA    folder with Fashion-MNIST's IDX files    (that of the preset)
# PYTHON  with samenoise installed                 (python)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec "${PYTHON:-python}" benchmarks/gpu/run.py --out "${OUT:-benchmarks/gpu/results}" \
  --run "${RUN:-runs/fashion-gpu}" ${DATA:+--data "$DATA"} "$@"
