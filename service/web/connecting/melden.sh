#!/bin/sh
# File a notification by FHIR with curl: sh melden.sh demo.json melding.json (assertie.py stands beside it).
set -eu
here=$(dirname "$0")
field() { python3 -c "import json,sys; print(json.load(sys.stdin)$1)"; }

base=$(field "['base_url']" < "$1")
scopes=$(python3 - "$1" <<'END'
import json, sys
clients = json.load(open(sys.argv[1], encoding="utf-8"))["clients"]
print(*next(one["scopes"] for one in clients if one["role"] == "arbodienst"))
END
)
assertion=$(python3 "$here/assertie.py" "$1")

token=$(curl -fsS "$base/oauth/token" \
  -d grant_type=client_credentials \
  --data-urlencode "scope=$scopes" \
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
  -d "client_assertion=$assertion" | field "['access_token']")

# First a dry run: everything that is wrong at once, and nothing is kept.
curl -fsS "$base/fhir/R4/\$process-notification?mode=validate" \
  -H "Authorization: Bearer $token" -H 'Content-Type: application/fhir+json' --data-binary "@$2"
echo

# Then the notification itself. -i shows the Location of the Task; the same bytes again give the same receipt.
curl -sS -i "$base/fhir/R4/\$process-notification" \
  -H "Authorization: Bearer $token" -H 'Content-Type: application/fhir+json' --data-binary "@$2"
echo

# Where do my notifications stand?
curl -fsS "$base/fhir/R4/Task?_count=5" -H "Authorization: Bearer $token"
echo
