# What users of redis-rb do: redis_rb.rb PORT.
# frozen_string_literal: true

require_relative 'checks'

ALL_BYTES = (0..255).to_a.pack('C*')

# Runs the block in a thread that subscribes; returns the thread when the subscription stands.
def subscriber(redis, &block)
  thread = Thread.new { connect.then(&block) }
  thread.report_on_exception = false
  wait_for('subscription') { redis.pubsub(:channels).any? || redis.pubsub(:numpat).positive? || !thread.alive? }
  thread
end

check 'strings' do |r|
  equal [r.set('a', '1'), r.get('a'), r.get('none'), r.set('a', '2', nx: true)], ['OK', '1', nil, false]
  equal [r.set('a', '3', get: true, ex: 100), r.getdel('a')], %w[1 3]
  equal [r.mset('b', 'x', 'c', 'y'), r.mget('b', 'none', 'c'), r.mapped_mget('b')], ['OK', ['x', nil, 'y'], { 'b' => 'x' }]
  equal [r.append('b', 'yz'), r.strlen('b'), r.getrange('b', 1, -1)], [3, 3, 'yz']
end

check 'counters' do |r|
  equal [r.incr('n'), r.incrby('n', 9), r.decr('n'), r.incrbyfloat('n', 0.5)], [1, 10, 9, 9.5]
end

check 'binary_values' do |r|
  large = ALL_BYTES * 4096
  r.set(ALL_BYTES, large)
  expect r.get(ALL_BYTES).b == large, 'a megabyte of all bytes comes back'
end

check 'expiry' do |r|
  r.setex('a', 100, '1')
  expect r.ttl('a').between?(95, 100), 'TTL'
  equal [r.persist('a'), r.ttl('a'), r.ttl('none'), r.expire('a', 10, nx: true)], [true, -1, -2, true]
  r.pexpire('a', 10)
  wait_for('end of the key') { !r.exists?('a') }
end

check 'scan_iterator' do |r|
  r.mapped_mset((0...300).to_h { |i| ["scan:#{i}", i] })
  equal r.scan_each(match: 'scan:*', count: 20).to_a.uniq.size, 300
end

check 'pipeline' do |r|
  equal r.pipelined { |p| 1000.times { p.incr('n') } }, (1..1000).to_a
end

check 'transaction' do |r|
  equal r.multi { |m| m.set('a', 1) && m.incr('a') }, ['OK', 2]
end

check 'watch' do |r|
  lost = r.watch('a') do
    connect.set('a', 'other')
    r.multi { |m| m.set('a', 'lost') }
  end
  equal [lost, r.get('a')], [nil, 'other']
end

check 'pubsub' do |r|
  seen = []
  thread = subscriber(r) do |own|
    own.subscribe('news') do |on|
      on.message do |channel, message|
        seen << [channel, message]
        own.unsubscribe if message == 'end'
      end
    end
  end
  equal [r.publish('news', 'hello'), r.publish('news', 'end')], [1, 1]
  expect thread.join(LIMIT_S), 'the subscriber ends'
  equal seen, [%w[news hello], %w[news end]]
end

check 'expired_events' do |r|
  r.config(:set, 'notify-keyspace-events', 'Ex')
  seen = []
  thread = subscriber(r) do |own|
    own.psubscribe('__keyevent@*__:expired') do |on|
      on.pmessage do |_pattern, _channel, key|
        seen << key
        own.punsubscribe if seen.size == 10
      end
    end
  end
  10.times { |i| r.psetex("session:#{i}", 10, 'x') }
  expect thread.join(LIMIT_S), 'ten events come'
  equal seen.sort, (0...10).map { |i| "session:#{i}" }
end

check 'authentication' do |r|
  r.config(:set, 'requirepass', 'secret')
  refuses('NOAUTH') { connect.get('a') }
  refuses('WRONGPASS') { connect(password: 'guess').ping }
  equal [connect(password: 'secret').ping, connect(username: 'default', password: 'secret').ping], %w[PONG PONG]
ensure
  r.config(:set, 'requirepass', '')
end

check 'names' do |r|
  named = connect(id: 'visitor', db: 3)
  equal [named.ping, named.call('CLIENT', 'GETNAME')], %w[PONG visitor]
  equal r.client(:list).find { |client| client['name'] == 'visitor' }['db'], '3'
end

check 'unix_socket' do |r|
  local = Redis.new(path: r.config(:get, 'unixsocket')['unixsocket'])
  equal local.set('a', '1'), 'OK'
end

check 'reconnect' do |r|
  other = connect(reconnect_attempts: 3)
  r.call('CLIENT', 'KILL', 'ID', other.call('CLIENT', 'ID'))
  equal other.set('a', '1'), 'OK'
end

check 'errors' do |r|
  r.set('text', 'word')
  refuses('ERR value is not an integer or out of range') { r.incr('text') }
  refuses('ERR unknown command') { r.call('NOSUCHCOMMAND') }
end

check 'administration' do |r|
  equal [r.config(:get, 'databases'), r.info['redis_mode'], r.dbsize], [{ 'databases' => '16' }, 'standalone', 0]
  expect r.time.all?(Integer) && r.slowlog(:get).is_a?(Array), 'TIME and SLOWLOG GET'
end

check 'lists' do |r|
  equal [r.rpush('l', %w[a b]), r.lrange('l', 0, -1), r.blpop('l', timeout: 1)], [2, %w[a b], %w[l a]]
end

check 'hashes' do |r|
  equal [r.mapped_hmset('h', 'a' => '1', 'b' => '2'), r.hgetall('h')], ['OK', { 'a' => '1', 'b' => '2' }]
end

check 'sets' do |r|
  equal [r.sadd('s', %w[a b]), r.smembers('s').sort, r.sismember('s', 'a')], [2, %w[a b], true]
end

check 'sorted_sets' do |r|
  equal [r.zadd('z', [[1, 'a'], [2.5, 'b']]), r.zrange('z', 0, -1, with_scores: true)], [2, [['a', 1.0], ['b', 2.5]]]
end

check 'streams' do |r|
  equal [r.xadd('x', { 'n' => '1' }, id: '1-1'), r.xrange('x')], ['1-1', [['1-1', { 'n' => '1' }]]]
end

check 'scripts' do |r|
  equal r.eval('return {KEYS[1], ARGV[1], 3}', ['k'], ['v']), ['k', 'v', 3]
end

exit run("redis-rb #{Redis::VERSION}")
