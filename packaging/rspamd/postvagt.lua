--[[
postvagt: asks postvagt-milter what shall become of each message, by its door for rspamd (milter.scan_listen).

Settings, in local.d/postvagt.conf; "postvagt-milter setup rspamd" writes them:

  socket      = "/run/postvagt/scan.sock";   path of a unix socket, or host:port on loopback
  timeout     = 25s;                         longest wait for an answer; more than milter.timeout
  retries     = 2;                           further tries when the door does not answer at all
  max_size    = 134217728;                   bytes of a message that are handed over; the rest counts as not opened
  on_failure  = "accept";                    accept, hold or tempfail: what happens to a message without an answer

Symbols, all of score 0: POSTVAGT_PASS, _TAG, _ROUTE, _HOLD, _REJECT with level, kinds and id as options; POSTVAGT_FAIL for
a message without an answer. Hold is the MTA's hold queue (rspamd's action quarantine), reject and "later" are refusals. The
action quarantine must be defined (actions { quarantine = { flags = ["no_threshold"]; } }), else rspamd 3.4 takes it for "no action" and the mail is sent:
the module stays off without it. The verdict lines are written by postvagt-milter, which is asked once for each message: after a time-out it is not asked again.
]]

local N = 'postvagt'

-- rspamd loads each module also for its checks, without a configuration
if confighelp then
  return
end

local logger = require 'rspamd_logger'
local http = require 'rspamd_http'
local upstreams = require 'rspamd_upstream_list'
local ucl = require 'ucl'

local settings = {
  socket = '/run/postvagt/scan.sock',
  timeout = 25.0,
  retries = 2,
  max_size = 128 * 1024 * 1024,
  on_failure = 'accept',
}

local actions = { pass = true, tag = true, route = true, hold = true, reject = true }
local failures = { accept = true, hold = true, tempfail = true }
local upstream

-- stop gives a message its end, whatever its score
local function stop(task, action, text)
  task:set_pre_result({ action = action, message = text, module = N, priority = 100 })
end

local function fail(task, why)
  logger.errx(task, 'not judged: %s; on_failure is %s', why, settings.on_failure)
  task:insert_result('POSTVAGT_FAIL', 1.0, why)
  if settings.on_failure == 'hold' then
    stop(task, 'quarantine', 'postvagt: not judged')
  elseif settings.on_failure == 'tempfail' then
    stop(task, 'soft reject', 'Service unavailable, try again later')
  end
end

-- change adds and takes out header fields
local function change(task, answer)
  local add, remove = {}, {}
  for _, field in ipairs(answer.add or {}) do
    add[field.name] = { value = field.value, order = -1 }
  end
  for _, name in ipairs(answer.remove or {}) do
    remove[name] = 0 -- all of them
  end
  if next(add) or next(remove) then
    task:set_milter_reply({ add_headers = add, remove_headers = remove })
  end
end

local function apply(task, answer)
  if answer.not_judged ~= '' then
    task:insert_result('POSTVAGT_FAIL', 1.0, answer.not_judged)
  end
  task:insert_result('POSTVAGT_' .. answer.action:upper(), 1.0, answer.level, table.concat(answer.kinds or {}, '+'), answer.id)
  if answer.later then
    stop(task, 'soft reject', 'Service unavailable, try again later')
    return
  end
  if answer.action == 'reject' then
    stop(task, 'reject', answer.reject) -- rspamd adds the status code
    return
  end
  change(task, answer)
  if answer.action == 'hold' then
    stop(task, 'quarantine', 'postvagt ' .. answer.id)
  end
end

-- parse reads an answer; nil for one that is not ours
local function parse(body)
  local parser = ucl.parser()
  if not parser:parse_string(tostring(body)) then
    return nil
  end
  local answer = parser:get_object()
  if type(answer) ~= 'table' or not actions[answer.action] or type(answer.id) ~= 'string' or type(answer.level) ~= 'string' then
    return nil
  end
  return answer
end

-- encoded writes an address so that it is one word of a header field
local function encoded(address)
  return (address:gsub('[^%w@._+=/-]', function(c) return string.format('%%%02X', c:byte()) end))
end

local function envelope(task)
  local fields = { ['Content-Type'] = 'message/rfc822' }
  local sender = task:get_from('smtp')
  fields['From'] = sender and sender[1] and encoded(sender[1].addr) or ''
  local recipients = {}
  for _, r in ipairs(task:get_recipients('smtp') or {}) do
    recipients[#recipients + 1] = encoded(r.addr)
  end
  fields['Rcpt'] = table.concat(recipients, ' ')
  local id = task:get_queue_id()
  if id and id ~= 'undef' then
    fields['Queue-Id'] = id
  end
  local ip = task:get_from_ip()
  if ip and ip:is_valid() then
    fields['IP'] = ip:to_string()
  end
  local user = task:get_user()
  fields['User'] = user and encoded(user)
  return fields, #recipients
end

local function ask(task, tries)
  local fields, recipients = envelope(task)
  if recipients == 0 then
    return -- learning, or a look at a stored mail: nobody is to get it
  end
  local content = task:get_content()
  fields['Size'] = tostring(task:get_size())
  if #content > settings.max_size then
    content = content:sub(1, settings.max_size)
  end
  local function answered(err, code, body)
    if err or code == 503 then
      -- a door that is closed was not asked; what timed out may have been judged and logged
      if tries > 0 and (code == 503 or not tostring(err):find('[Tt]imed? ?out')) then
        return ask(task, tries - 1)
      end
      return fail(task, err and tostring(err) or 'the daemon is stopping')
    end
    local answer = code == 200 and parse(body)
    if not answer then
      return fail(task, string.format('answer %s', tostring(code)))
    end
    apply(task, answer)
  end
  local sent = http.request({
    task = task, url = 'http://localhost/judge', upstream = upstream:get_upstream_round_robin(), method = 'POST', headers = fields,
    body = content, timeout = settings.timeout, callback = answered, opaque_body = true,
  })
  if not sent then
    fail(task, 'the door cannot be reached')
  end
end

local function configure(opts)
  for key, value in pairs(opts) do
    if settings[key] == nil and key ~= 'enabled' then
      logger.errx(rspamd_config, 'postvagt: unknown setting %s; the module is off', key)
      return false
    end
    settings[key] = value
  end
  if not failures[settings.on_failure] then
    logger.errx(rspamd_config, 'postvagt: on_failure is accept, hold or tempfail, not %s; the module is off', settings.on_failure)
    return false
  end
  upstream = upstreams.create(rspamd_config, settings.socket)
  if not upstream then
    logger.errx(rspamd_config, 'postvagt: socket %s is neither a path nor host:port; the module is off', settings.socket)
    return false
  end
  local defined = rspamd_config:get_all_opt('actions')
  if not (defined and defined['quarantine']) then
    logger.errx(rspamd_config, 'postvagt: the action quarantine is not defined, so nothing could be held; the module is off: run postvagt-milter setup rspamd --apply')
    return false
  end
  return true
end

local opts = rspamd_config:get_all_opt(N)
if opts and configure(opts) then
  local id = rspamd_config:register_symbol({
    name = 'POSTVAGT', type = 'normal', flags = 'empty,nostat,ignore_passthrough', score = 0.0, group = N,
    callback = function(task) ask(task, settings.retries) end,
    augmentations = { string.format('timeout=%f', settings.timeout * (settings.retries + 1)) },
  })
  for _, word in ipairs({ 'PASS', 'TAG', 'ROUTE', 'HOLD', 'REJECT', 'FAIL' }) do
    rspamd_config:register_symbol({ name = 'POSTVAGT_' .. word, type = 'virtual', parent = id, score = 0.0, group = N })
  end
end
