from tests.wire.senders import *
def test_x(sender):
    print(json.dumps(sender.filed().parameters["outcome"],indent=1,ensure_ascii=False))
import json
