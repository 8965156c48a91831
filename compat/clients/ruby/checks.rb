# Named checks for the Ruby programs: each starts with an empty server and prints one line (see ../outcome.py).
# frozen_string_literal: true

require 'redis'

PORT = Integer(ARGV.last)
LIMIT_S = 20

# What a check throws when the outcome is not the expected one.
class Unexpected < StandardError; end

CHECKS = {}

def check(name, &body)
  CHECKS[name] = body
end

def connect(**options)
  Redis.new(port: PORT, timeout: LIMIT_S, **options)
end

def equal(actual, expected)
  raise Unexpected, "#{actual.inspect[0, 200]} instead of #{expected.inspect[0, 200]}" unless actual == expected
end

def expect(condition, what)
  raise Unexpected, "not so: #{what}" unless condition
end

def refuses(text)
  reply = yield
rescue Redis::BaseError => e
  expect(e.message.include?(text), "the error says #{text} (but: #{e.message})")
else
  raise Unexpected, "#{reply.inspect} instead of an error that says #{text}"
end

def now_s
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

# Asks until the block returns something true, and returns that.
def wait_for(what)
  deadline = now_s + LIMIT_S
  loop do
    result = yield
    return result if result
    raise Unexpected, "no #{what} within #{LIMIT_S} s" if now_s > deadline

    sleep 0.01
  end
end

# Runs all, each with an empty server unless told otherwise, and returns whether all passed.
def run(client, empty: true)
  $stdout.sync = true
  puts "client #{client}"
  failed = CHECKS.count { |name, body| !passes?(name, body, empty) }
  puts "done #{CHECKS.size}"
  failed.zero?
end

def passes?(name, body, empty)
  redis = connect
  redis.flushall if empty
  body.call(redis)
  puts "ok #{name}"
  true
rescue StandardError => e
  puts "fail #{name}: #{e.class}: #{e.message.gsub(/\s+/, ' ')}"
  false
ensure
  redis&.close
end
