#!/bin/sh
# Regenerates orca-vectors.json with Google's own encoder: apt-get install protobuf-compiler, then sh remake.sh
set -eu
cd "$(dirname "$0")"

encode() { # name, message in protobuf's text format
  bytes=$(printf '%s' "$2" | protoc --encode=xds.data.orca.v3.OrcaLoadReport orca_load_report.proto | base64 -w 0)
  printf '  "%s": "%s"' "$1" "$bytes"
}

{
  printf '{\n'
  encode request-cost 'request_cost { key: "compute" value: 3 } request_cost { key: "storage" value: 0.5 }'
  printf ',\n'
  encode named-metrics 'named_metrics { key: "compute" value: 2.25 }'
  printf ',\n'
  encode every-field 'cpu_utilization: 0.3 mem_utilization: 0.8 rps: 1000 request_cost { key: "compute" value: 7 }
    utilization { key: "disk" value: 0.4 } rps_fractional: 10.5 eps: 1 named_metrics { key: "gpu" value: 4 }
    named_metrics { key: "compute" value: 99 } application_utilization: 0.9'
  printf ',\n'
  encode no-cost 'cpu_utilization: 0.3 rps: 18446744073709551615'
  printf ',\n'
  encode zero-cost 'request_cost { key: "compute" value: 0 }'
  printf ',\n'
  encode prototype-name 'request_cost { key: "__proto__" value: 1 } request_cost { key: "constructor" value: 2 }'
  printf ',\n'
  encode unicode-name 'request_cost { key: "mémoire" value: 1 }'
  printf ',\n'
  encode nan 'request_cost { key: "compute" value: nan }'
  printf ',\n'
  encode infinite 'request_cost { key: "compute" value: inf }'
  printf ',\n'
  encode negative 'request_cost { key: "compute" value: -1 }'
  printf ',\n'
  encode huge 'request_cost { key: "compute" value: 1e308 }'
  printf ',\n'
  encode nameless 'request_cost { key: "" value: 1 }'
  printf '\n}\n'
} > orca-vectors.json
