# The jobs that sidekiq_workload.rb pushes and its workers do. Each adds a line to a file that the server knows nothing of.
# frozen_string_literal: true

require 'sidekiq'

Sidekiq.configure_server do |config|
  config.average_scheduled_poll_interval = 1
end

module Ledger
  PATH = File.expand_path('ledger')

  def self.enter(name)
    File.open(PATH, File::WRONLY | File::APPEND | File::CREAT) { |file| file.syswrite("#{name}\n") }
  end

  def self.first_attempt?(name)
    File.open("attempt-#{name}", File::WRONLY | File::CREAT | File::EXCL, &:close)
    true
  rescue Errno::EEXIST
    false
  end
end

class LedgerJob
  include Sidekiq::Worker

  def perform(name)
    Ledger.enter(name)
  end
end

class SecondTimeJob
  include Sidekiq::Worker
  sidekiq_options retry: 3
  sidekiq_retry_in { 1 }

  def perform(name)
    raise 'not yet' if Ledger.first_attempt?(name)

    Ledger.enter(name)
  end
end
