-- Asks the addresses of a file, one after the other, and prints a line of JSON at the end.
local paths = {}
for line in io.lines(os.getenv("LOAD_PATHS")) do paths[#paths + 1] = line end
local asked = 0

function request()
  asked = asked + 1
  return wrk.format("GET", paths[asked % #paths + 1])
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"p50": %.1f, "p95": %.1f, "p99": %.1f, "rate": %.0f, "requests": %d, "errors": %d}\n',
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    summary.requests / summary.duration * 1e6, summary.requests,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
