"""A small CSMS without Kerbside's client, of Python's own library alone: the wire is HTTP, JSON and an HMAC.

KERBSIDE_URL, KERBSIDE_KEY   the edge and a key of it
SECRET                       whsec_...: CSMS_SECRET of the edge, and of the webhook that is made here
PORT                         where this listens (9000)
"""
import base64, hashlib, hmac, itertools, json, os, time, urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

URL = os.environ.get("KERBSIDE_URL", "http://localhost:8080")
KEY, SECRET = os.environ["KERBSIDE_KEY"], os.environ["SECRET"]
TAGS = {"TAG-1", "TAG-2"}
numbers = itertools.count(1)
charging = {}  # transactionId by station. A CSMS in earnest has a database here.
handled = {}  # the last sequence by station: an event may come twice


def is_signed(headers, body):
    """Standard Webhooks: HMAC-SHA256 of "id.timestamp.body", in base64."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(each, wanted) for each in headers.get("webhook-signature", "").split())


def api(method, path, body):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def answer(question):
    station, action, payload = question["stationId"], question["action"], question["payload"]
    info = {"status": "Accepted" if payload.get("idTag") in TAGS else "Invalid"}
    if action == "BootNotification":
        return {"payload": {"status": "Accepted", "currentTime": datetime.now(timezone.utc).isoformat(), "interval": 300}}
    if action == "Authorize":
        return {"payload": {"idTagInfo": info}}
    if action == "StartTransaction":
        number = next(numbers)
        if info["status"] == "Accepted":
            charging[station] = number
        return {"payload": {"transactionId": number, "idTagInfo": info}}
    if action == "StopTransaction":
        charging.pop(station, None)
        return {"payload": {}}
    return {"error": {"code": "NotImplemented"}}


def ask(station, asked):
    commands = {
        "start": ("RemoteStartTransaction", {"idTag": "TAG-1", "connectorId": 1}),
        "stop": ("RemoteStopTransaction", {"transactionId": charging.get(station, 0)}),
        "reset": ("Reset", {"type": "Soft"}),
    }
    action, payload = commands[asked]
    return api("POST", f"/v1/stations/{station}/commands", {"action": action, "payload": payload})


def take(events):
    for event in events:
        if event["sequence"] > handled.get(event["subject"], 0):
            print(event["subject"], event["type"], flush=True)
            handled[event["subject"]] = event["sequence"]


class Csms(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        _, kind, *rest = self.path.split("/")
        if kind == "stations":
            return self.reply(200, ask(*rest))
        if not is_signed(self.headers, body):
            return self.reply(401, {})
        if kind == "events":
            take(json.loads(body))
            return self.reply(200, {})
        self.reply(200, answer(json.loads(body)))

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Csms)
hook = {"url": f"http://127.0.0.1:{server.server_port}/events", "secret": SECRET}
api("PUT", "/v1/webhooks/csms-python", hook)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
