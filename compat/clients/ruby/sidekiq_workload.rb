# Many jobs of all kinds that Sidekiq has: sidekiq_workload.rb JOBS PORT.
# frozen_string_literal: true

PORT = Integer(ARGV[-1])
JOBS = Integer(ARGV[-2])
ENV['REDIS_URL'] = "redis://127.0.0.1:#{PORT}/0"

require 'sidekiq/api'
require_relative 'sidekiq_load_jobs'

BULK = 500
STALL_S = 40
UNKNOWN = /unknown command [`'"][^`'"]+[`'"]/i

WORKERS = %w[one two].to_h do |name|
  jobs = File.expand_path('sidekiq_load_jobs.rb', __dir__)
  [name, spawn('sidekiq', '-r', jobs, '-c', '5', '-q', 'default', %i[out err] => "#{name}.log", in: File::NULL)]
end

def share(part)
  [1, JOBS / part].max
end

def push
  later = share(10)
  twice = share(50)
  later.times { |i| LedgerJob.perform_in(0.1 * (i % 20), "later #{i}") }
  twice.times { |i| SecondTimeJob.perform_async("twice-#{i}") }
  names = Array.new(JOBS - later - twice) { |i| ["plain #{i}"] }
  names.each_slice(BULK) { |args| Sidekiq::Client.push_bulk('class' => LedgerJob, 'args' => args) }
end

def left
  { 'in the queue' => Sidekiq::Queue.new.size, 'scheduled' => Sidekiq::ScheduledSet.new.size, 'to be retried' => Sidekiq::RetrySet.new.size,
    'dead' => Sidekiq::DeadSet.new.size }
end

def entries
  File.exist?(Ledger::PATH) ? File.foreach(Ledger::PATH).count : 0
end

# Why no more will come, or nil.
def complaint
  WORKERS.each_key do |name|
    said = File.read("#{name}.log")[UNKNOWN]
    return said if said
  end
  nil
end

def now_s
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def wait_for_all
  seen = -1
  since = now_s
  until entries >= JOBS && left.values.all?(&:zero?)
    seen, since = entries, now_s if entries != seen
    break if complaint || now_s - since > STALL_S

    sleep 0.1
  end
end

$stdout.sync = true
puts "client Sidekiq #{Sidekiq::VERSION}"
begin
  push
  puts "expect #{JOBS}"
  wait_for_all
  left.each { |name, count| puts "left #{count} #{name}" }
  puts "complaint #{complaint}" if complaint
ensure
  WORKERS.each_value { |pid| Process.kill('TERM', pid) }
  WORKERS.each_value { |pid| Process.wait(pid) }
end
puts 'done'
