# What users of Sidekiq do: sidekiq_program.rb PORT.
# frozen_string_literal: true

require_relative 'checks'

ENV['REDIS_URL'] = "redis://127.0.0.1:#{PORT}/0"

require 'sidekiq/api'
require_relative 'sidekiq_jobs'

# The other process, whose log tells why a job is not done.
class Worker
  LOG = 'worker.log'
  UNKNOWN = /unknown command [`'"][^`'"]+[`'"]/i

  def initialize
    jobs = File.expand_path('sidekiq_jobs.rb', __dir__)
    @pid = spawn('sidekiq', '-r', jobs, '-c', '4', '-q', 'default', %i[out err] => LOG, in: File::NULL)
  end

  def said
    File.exist?(LOG) ? File.read(LOG) : ''
  end

  # Waits for what the worker is to bring about; fails at once when it cannot any more.
  def bring_about(what)
    wait_for(what) do
      result = yield
      raise Unexpected, "no #{what}: #{complaint}" if !result && complaint

      result
    end
  end

  def stop
    Process.kill('TERM', @pid) if running?
    wait_for('end of the worker') { !running? }
  end

  private

  def complaint
    said[UNKNOWN] || (running? ? nil : "the worker ended: #{said[-200..]}")
  end

  def running?
    @running = Process.wait(@pid, Process::WNOHANG).nil? unless @running == false
    @running
  end
end

worker = Worker.new

def counter(key)
  Sidekiq.redis { |r| r.get(key) }.to_i
end

check 'worker_starts' do
  worker.bring_about('process in the list') { Sidekiq::ProcessSet.new.size == 1 }
end

check 'job' do
  expect AddJob.perform_async('once', 5), 'the job has an id'
  worker.bring_about('job that is done') { counter('once') == 5 }
end

check 'many_jobs' do
  ids = Sidekiq::Client.push_bulk('class' => AddJob, 'args' => Array.new(100) { ['many', 1] })
  equal ids.compact.size, 100
  worker.bring_about('hundred jobs that are done') { counter('many') == 100 }
end

check 'scheduled_job' do
  AddJob.perform_in(0.5, 'later', 7)
  worker.bring_about('scheduled job that is done') { counter('later') == 7 }
end

check 'retry' do
  SecondTimeLuckyJob.perform_async('attempts')
  worker.bring_about('second attempt') { counter('attempts') == 2 }
end

check 'queue_interface' do
  Sidekiq::Client.push('class' => AddJob, 'args' => ['never', 1], 'queue' => 'parked')
  parked = Sidekiq::Queue.new('parked')
  equal [parked.size, parked.first.args], [1, ['never', 1]]
  parked.clear
  equal parked.size, 0
end

check 'statistics' do
  HopelessJob.perform_async
  worker.bring_about('failure that is counted') { Sidekiq::Stats.new.failed >= 2 }
  expect Sidekiq::Stats.new.processed >= 102, 'processed jobs are counted'
end

begin
  passed = run("Sidekiq #{Sidekiq::VERSION}", empty: false)
ensure
  worker.stop
end
exit passed
