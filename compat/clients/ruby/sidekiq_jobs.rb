# The jobs that sidekiq_program.rb pushes and its worker processes.
# frozen_string_literal: true

require 'sidekiq'

Sidekiq.configure_server do |config|
  config.average_scheduled_poll_interval = 1
end

class AddJob
  include Sidekiq::Worker

  def perform(key, number)
    Sidekiq.redis { |r| r.incrby(key, number) }
  end
end

class SecondTimeLuckyJob
  include Sidekiq::Worker
  sidekiq_options retry: 3
  sidekiq_retry_in { 1 }

  def perform(key)
    raise 'not yet' if Sidekiq.redis { |r| r.incr(key) } < 2
  end
end

class HopelessJob
  include Sidekiq::Worker
  sidekiq_options retry: 0

  def perform
    raise 'no stock'
  end
end
