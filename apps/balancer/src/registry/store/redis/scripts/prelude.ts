// What all scripts begin with: their keys, the clock of the store, and how a record is looked at.
import { AWAY_SECONDS } from '../../lease-table.js';
import { RECORD_FORMAT } from '../../record-format.js';

/** Raised with each change of the keys that earlier versions would misread. */
export const STORE_FORMAT = 1;

/** The error of a script in a store that was emptied. */
export const EMPTIED = 'EMPTIED';
/** That in a store of another cluster, whose id follows. */
export const FOREIGN = 'FOREIGN';
/** That in a store of a newer format, which follows. */
export const NEWER_STORE = 'NEWERSTORE';

/** ARGV[1] is the id of the cluster. Versions are whole numbers below 2^53, which Lua's numbers have exactly. */
export const PRELUDE = `
local meta, backends, leases, changes, aside, shares = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local cluster = ARGV[1]

local function digits(number) return string.format('%.0f', number) end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The error with which a balancer of this cluster is refused, if there is one.
local function refusal()
  local owner, format = unpack(redis.call('HMGET', meta, 'cluster', 'format'))
  if not owner then return redis.error_reply('${EMPTIED} there is no registry') end
  if owner ~= cluster then return redis.error_reply('${FOREIGN} ' .. owner) end
  if tonumber(format) ~= ${STORE_FORMAT} then return redis.error_reply('${NEWER_STORE} ' .. tostring(format)) end
  return nil
end

-- What a stored text is ('none', 'record', 'newer' or 'corrupt'), its version, and itself.
local function inspect(text)
  if not text then return 'none', 0, nil end
  local isJson, record = pcall(cjson.decode, text)
  if not isJson or type(record) ~= 'table' or type(record.format) ~= 'number' then return 'corrupt', 0, nil end
  if record.format > ${RECORD_FORMAT} then return 'newer', 0, record end
  if type(record.version) ~= 'number' then return 'corrupt', 0, nil end
  return 'record', record.version, record
end

local function leaseMsOf(record)
  local seconds = type(record) == 'table' and type(record.backend) == 'table' and record.backend.leaseSeconds
  return type(seconds) == 'number' and math.ceil(seconds * 1000) or nil
end

local function nextVersion() return redis.call('HINCRBY', meta, 'sequence', 1) end

-- Whether no balancer has asked for lapsed leases for a while: backends could not renew either.
local function wasAway(time)
  local looked = tonumber(redis.call('HGET', meta, 'looked') or time)
  return time - looked > ${AWAY_SECONDS * 1000}
end
`;
