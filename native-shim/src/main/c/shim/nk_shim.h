/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk_shim.h - the system calls that Java lacks, as plain C functions.
 *
 * The twins are the classes of org.nanorouter.shim: class Tap maps nks_tap_*, NetIf nks_netif_*, MemoryObject,
 * MappedMemory and NativeBuffer nks_memory_*, EventFd nks_event_fd_*, Fd nks_fd_*, UnixSocket nks_unix_socket_*, Poll
 * nks_poll_*, Process nks_process_*, Futex nks_futex_*, Claim nks_claim_*. They pass primitives alone: int is
 * int32_t, long is int64_t or an address.
 *
 * Rules that hold for every function here:
 *
 * - Errors are returned as -errno; anything >= 0 is success. errno itself means nothing afterwards. Arguments that make
 *   no sense (a negative count, a NULL table) are -EINVAL.
 * - EINTR never comes back: an interrupted call is resumed, or ends as if what it waits for might have come.
 * - Every descriptor that a function makes or receives is close-on-exec, and, but for memory objects, nonblocking. It
 *   belongs to the caller, who closes it with nks_fd_close.
 * - Nothing is kept between calls and there is no global state, so any thread may call any function. Two threads may
 *   use one descriptor at once; who gets which frame is then undefined. Functions that name a network interface act
 *   on the network namespace of the calling *thread*.
 * - A path or name is a NUL-terminated string; nobody keeps the pointer.
 * - Lengths and capacities are in bytes.
 *
 * Memory that a peer can write: nks_tap_write, nks_tap_write_batch and nks_unix_socket_send_batch read the bytes of a
 * frame once, in the kernel's copy. Whoever looked at the frame before (to check its vnet_hdr or find its
 * destination) has read it earlier, and the owner of the memory may have changed it in between. That is safe here:
 * the kernel checks the header it copied and refuses the frame with -EINVAL, so such a lie reaches the liar's
 * frame and nothing else. A reader whose own safety depends on the bytes copies them first. The addresses and lengths
 * of a table are always the caller's own and are read once, too.
 */
#ifndef NK_SHIM_H
#define NK_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define NKS_EXPORT __attribute__((visibility("default")))

/*
 * One frame of a batch. SlotDescriptor.java is the twin.
 *
 *   0                8        12       16
 *   +----------------+--------+--------+
 *   | address        | length | result |
 *   +----------------+--------+--------+
 */
struct nks_slot {
	uint64_t address; /* of the first byte */
	uint32_t length;  /* to send, or the room to receive into */
	int32_t result;   /* set by the call: bytes moved, or -errno for this frame alone */
};

_Static_assert(offsetof(struct nks_slot, length) == 8, "nks_slot.length");
_Static_assert(offsetof(struct nks_slot, result) == 12, "nks_slot.result");
_Static_assert(sizeof(struct nks_slot) == 16, "nks_slot");

/* Slots of one batch at most; more is -EINVAL. */
#define NKS_MAX_BATCH 1024

/*
 * TAP (tap.c). A frame at a TAP is a 12-byte virtio_net_hdr followed by the Ethernet frame; every length counts both.
 */

/*
 * Opens or makes the TAP called name (1 to 15 bytes; "nk%d" lets the kernel number it), with 12-byte vnet_hdr, without
 * packet information, all offloads off. flags: 0 or a combination of IFF_TUN_EXCL (-EBUSY if it exists),
 * IFF_MULTI_QUEUE, IFF_NAPI; others are -EINVAL. The TAP goes when its last descriptor is closed, unless it was made
 * persistent. -EPERM without CAP_NET_ADMIN, -EBUSY while someone else has it open, -ENOENT without /dev/net/tun.
 */
NKS_EXPORT int nks_tap_open(const char *name, int flags);

/* Writes the TAP's name, NUL-terminated, at name (room: 16 bytes). -EBADFD when the TAP is gone. */
NKS_EXPORT int nks_tap_name(int fd, char *name);

/* Tells the kernel exactly which offloads (TUN_F_*) this side accepts on read. -EINVAL for one that it does not know. */
NKS_EXPORT int nks_tap_set_offload(int fd, int mask);

/*
 * Asks for the wanted offloads and gives up, one kind after the other, those that the kernel lacks: first USO4 and
 * USO6, then TSO_ECN, then TSO4 and TSO6, then CSUM. Returns the mask that now holds, 0 for none.
 */
NKS_EXPORT int nks_tap_negotiate_offload(int fd, int wanted);

/* 1: the TAP stays when its last descriptor is closed; 0: it goes. */
NKS_EXPORT int nks_tap_set_persistent(int fd, int persistent);

/*
 * Reads one frame. Returns its length; -EAGAIN: none is waiting. A frame longer than capacity is cut short by the
 * kernel without a sign: pass at least 12 + NK_MAX_PAYLOAD when offloads are on.
 */
NKS_EXPORT int64_t nks_tap_read(int fd, void *address, int capacity);

/*
 * Writes one frame. Returns its length; -EAGAIN: the interface's queue is full; -EINVAL: the frame is a runt or its
 * vnet_hdr lies; -EIO: the interface is down.
 */
NKS_EXPORT int64_t nks_tap_write(int fd, const void *address, int length);

/*
 * Writes up to n frames (at most NKS_MAX_BATCH) in order. Each frame that was tried has its result set to its length
 * or to its own -errno, and a refused frame does not stop the ones behind it. -EAGAIN stops the batch: that slot's
 * result is -EAGAIN, it and those behind it can be tried again later. Returns how many slots before it are done.
 * A large UDP segment that the kernel does not know (Linux before 6.2) is written as datagrams (frame/segment.h).
 */
NKS_EXPORT int nks_tap_write_batch(int fd, struct nks_slot *table, int n);

/*
 * Begins to read batches of frames from a TAP; the descriptor stays open until the end. Small frames that stream in are
 * read many with one system call (frame/intake.h): up to NKS_MAX_BATCH of them are then here and no longer in the TAP.
 * Returns what nks_tap_read_batch takes, above 0; or -ENOMEM.
 */
NKS_EXPORT int64_t nks_tap_open_intake(int fd);
/* Ends that. Returns 0. */
NKS_EXPORT int nks_tap_close_intake(int64_t intake);

/*
 * One record that nks_tap_read_batch laid out. ReadDescriptor.java is the twin.
 *
 *   0        4        8        12
 *   +--------+--------+--------+
 *   | length | frames | bytes  |
 *   +--------+--------+--------+
 */
struct nks_read {
	int32_t length; /* of vnet_hdr and frame; in the entry behind the last: why the batch ended */
	int32_t frames; /* read from the TAP for it: 1, or more if datagrams were coalesced (frame/coalesce.h) */
	int32_t bytes;	/* of these frames as they were read, without vnet_hdr */
};

_Static_assert(offsetof(struct nks_read, frames) == 4, "nks_read.frames");
_Static_assert(offsetof(struct nks_read, bytes) == 8, "nks_read.bytes");
_Static_assert(sizeof(struct nks_read) == 12, "nks_read");

/*
 * Reads frames straight into consecutive records of a ring (docs/abi.md section 4.1), and coalesces the UDP datagrams
 * among them that follow one another.
 *
 *   base           base + header_gap                   base + span of the first
 *   +--------------+-----------+---------------+- - - -+--------------+-----------+------
 *   | undefined    | vnet_hdr  | frame         | 0..7  | undefined    | vnet_hdr  | frame
 *   +--------------+-----------+---------------+- - - -+--------------+-----------+------
 *
 * With header_gap 24, the part of a record before its vnet_hdr, span is nk_record_span(length - 12), where length
 * counts vnet_hdr and frame; in general it is (header_gap + length + 7) & ~7. base and header_gap are multiples of 8.
 *
 * Reads until max_frames (at most NKS_MAX_BATCH) were read, or the spans add up to byte_limit or more, or fewer than
 * the span of a record with NK_MAX_PAYLOAD bytes are left of capacity (a frame must not be cut short), or a read
 * fails, which -EAGAIN means is the usual end. reads has room for max_frames + 1 entries; each record fills one, and
 * the length of the entry after the last is why the batch ended: the -errno of the read that failed, or 0 for one of
 * the limits.
 *
 * Returns the number of records, at least 1; or, if the first read failed, its -errno; -ENOSPC: capacity has no room
 * for one record.
 */
NKS_EXPORT int nks_tap_read_batch(int64_t intake, void *base, int capacity, int header_gap, int max_frames,
				  int byte_limit, struct nks_read *reads);

/*
 * Network interfaces (netif.c), in the calling thread's network namespace. -ENODEV: there is no interface of that name;
 * -EPERM without CAP_NET_ADMIN.
 */

/* Returns the interface's index. */
NKS_EXPORT int nks_netif_index(const char *name);
/* Sets the Ethernet address from the six bytes at mac. */
NKS_EXPORT int nks_netif_set_mac(const char *name, const void *mac);
/* Writes the Ethernet address to the six bytes at mac. */
NKS_EXPORT int nks_netif_mac(const char *name, void *mac);
/* Sets the MTU: the IP packet's length, without the Ethernet header. */
NKS_EXPORT int nks_netif_set_mtu(const char *name, int mtu);
/* Returns the MTU. */
NKS_EXPORT int nks_netif_mtu(const char *name);
/* Sets how many frames the interface's queue holds (txqueuelen of ip-link(8)). */
NKS_EXPORT int nks_netif_set_queue(const char *name, int length);
/* Returns how many frames the interface's queue holds. */
NKS_EXPORT int nks_netif_queue(const char *name);
/* up 1: administratively up; 0: down. */
NKS_EXPORT int nks_netif_set_up(const char *name, int up);
/* Returns 1 if administratively up, else 0. */
NKS_EXPORT int nks_netif_is_up(const char *name);
/*
 * Adds an address "10.77.0.1/24" or "fd77::1/64" with its prefix route; one that is there already is success.
 * flags: 0 or IFA_F_NODAD, for IPv6 addresses that shall be usable at once. -EINVAL: not an address and prefix length.
 */
NKS_EXPORT int nks_netif_add_address(const char *name, const char *address, int flags);

/* Tells the neighbours of an interface that is up which address it has: nk_announce() of ip/announce.h, errors too. */
NKS_EXPORT int nks_netif_announce(const char *name);

/*
 * TCP sessions with a dead OS (sessions.c), in the calling thread's network namespace. What is done and what it takes
 * is said in ip/sessions.h. table is memory of nks_sessions_table_length() bytes, zero at first, 8-byte aligned, which
 * the caller keeps for one interface and uses from one thread at a time.
 */

/* Bytes of a table. */
NKS_EXPORT int nks_sessions_table_length(void);
/* Looks which IP addresses the neighbours have: nk_addresses_look(). To be called every five seconds. */
NKS_EXPORT int nks_sessions_look(void *table, const char *name);
/* Ends all sessions with the six bytes at mac: nk_sessions_end(). Returns how many. */
NKS_EXPORT int nks_sessions_end(void *table, const char *name, const void *mac);

/* Memory (memory.c). */

/* Returns the page size. */
NKS_EXPORT int nks_memory_page_size(void);

/*
 * Makes a memory object of size zero bytes: a memfd with mode 0600 that can neither shrink nor grow nor be executed
 * (the last where the kernel knows it). name is for /proc only. Returns a writable descriptor.
 */
NKS_EXPORT int nks_memory_create(const char *name, int64_t size);

/* Makes a memory object of these bytes, which nobody can change any more. Returns a descriptor. */
NKS_EXPORT int nks_memory_create_final(const char *name, const void *bytes, int64_t size);

/* Opens the same memory object read-only, so that nobody who gets this descriptor can map it writable. */
NKS_EXPORT int nks_memory_reopen_read_only(int fd);

/*
 * Checks that a received descriptor is safe to map: -EPERM without the seals against shrinking and growing (and
 * without the seal that keeps them), -EMSGSIZE when its size is not size, -EINVAL when it is no memory object.
 */
NKS_EXPORT int nks_memory_check_seals(int fd, int64_t size);

/*
 * Maps the first size bytes shared. fixed is 0 or the page-aligned address where it must lie: -EEXIST when something
 * is mapped there. -EACCES: writable is 1 and the descriptor is read-only. Returns the address.
 */
NKS_EXPORT int64_t nks_memory_map(int fd, int64_t size, int writable, int64_t fixed);

/* Unmaps what nks_memory_map returned. */
NKS_EXPORT int nks_memory_unmap(void *address, int64_t size);

/* Returns the address of size zero bytes of private memory, page-aligned. */
NKS_EXPORT int64_t nks_memory_allocate_pages(int64_t size);

/* Frees what nks_memory_allocate_pages returned; same size. */
NKS_EXPORT int nks_memory_free(void *address, int64_t size);

/*
 * The same with an inaccessible page before and after. The memory's end touches the page after it; its begin touches
 * the page before it when size is a multiple of the page size.
 */
NKS_EXPORT int64_t nks_memory_allocate_guarded_pages(int64_t size);

/* Frees what nks_memory_allocate_guarded_pages returned; same size. */
NKS_EXPORT int nks_memory_free_guarded(void *address, int64_t size);

/* Doorbells (doorbell.c). */

/* Makes an eventfd with count 0. */
NKS_EXPORT int nks_event_fd_create(void);
/* Adds 1, which wakes every waiter, edge-triggered ones too. */
NKS_EXPORT int nks_event_fd_ring(int fd);
/* Takes the count to its largest value, so that nobody's ring is heard until it is drained. */
NKS_EXPORT int nks_event_fd_fill(int fd);
/* Takes the count back to 0. Returns what it was, at most INT32_MAX. */
NKS_EXPORT int nks_event_fd_drain(int fd);

/*
 * Makes the waiting side of a doorbell: an epoll descriptor that becomes readable when the eventfd is rung. Two
 * holders of one eventfd share its count and its O_NONBLOCK, so a waiter that had the eventfd itself could fill the one,
 * clear the other, and so block its peer in the middle of ringing. The eventfd may be closed here afterwards; the
 * waiting side lasts until its last holder closes it.
 */
NKS_EXPORT int nks_doorbell_waiter(int event_fd);
/*
 * Makes the waiting side unreadable until the next ring, for those that poll. Who waits edge-triggered needs no call
 * at all. Returns 1 if it was rung, else 0.
 */
NKS_EXPORT int nks_doorbell_clear(int waiter);

/* Descriptors (doorbell.c). */

NKS_EXPORT int nks_fd_close(int fd);
/* Returns a second descriptor for the same open file. */
NKS_EXPORT int nks_fd_duplicate(int fd);

/* Unix sockets that carry descriptors (fd_pass.c). A path has at most 107 bytes, else -ENAMETOOLONG. */

/* Descriptors in one message at most, the kernel's own limit. */
#define NKS_MAX_FDS 253

/*
 * Listens on path with that file mode (whatever the umask is). A socket file that nobody listens on any more is
 * replaced; -EADDRINUSE: someone does, or path is something else.
 */
NKS_EXPORT int nks_unix_socket_listen_seq_packet(const char *path, int mode);
/* -EAGAIN: nobody waits. */
NKS_EXPORT int nks_unix_socket_accept(int fd);
/* The process that connected, as the caller's pid namespace numbers it; 0: it is not in there. SO_PEERCRED, unix(7). */
NKS_EXPORT int nks_unix_socket_peer_pid(int fd);
/* Bytes of the kernel's memory with what was sent and the peer has not read yet. SIOCOUTQ of linux/sockios.h. */
NKS_EXPORT int nks_unix_socket_unread(int fd);
/* Waits at most one second for room in the listener's queue, then -EAGAIN. -ECONNREFUSED, -ENOENT: nobody listens. */
NKS_EXPORT int nks_unix_socket_connect_seq_packet(const char *path);
/* Makes two connected seqpacket sockets and writes them to the two int32 at fds. */
NKS_EXPORT int nks_unix_socket_seq_packet_pair(int32_t *fds);
/*
 * Sends one message with nfds (0 to NKS_MAX_FDS) descriptors, all or nothing, never SIGPIPE. Returns length; -EAGAIN:
 * the peer's queue is full; -EPIPE: it is gone.
 */
NKS_EXPORT int nks_unix_socket_send_with_fds(int fd, const void *address, int length, const int32_t *fds, int nfds);
/*
 * Receives one message and at most max_fds descriptors in the order in which they were sent; their number goes to *nfds
 * (0 on error). A message with more of them, or with more than capacity bytes, is consumed, all its descriptors are
 * closed, and the result is -EBADMSG or -EMSGSIZE; -EMFILE when this process can't hold them. Returns the
 * length; 0: the peer closed.
 */
NKS_EXPORT int nks_unix_socket_receive_with_fds(int fd, void *address, int capacity, int32_t *fds, int max_fds,
						int32_t *nfds);

/* Datagram sockets that carry one frame a datagram (dgram.c). */

/* Makes a datagram socket without a name, which can send. Returns a descriptor. */
NKS_EXPORT int nks_unix_socket_datagram(void);

/* Binds a datagram socket to path with that file mode; stale files as in nks_unix_socket_listen_seq_packet. */
NKS_EXPORT int nks_unix_socket_datagram_bind(const char *path, int mode);
/* Makes path the destination of what fd sends and the only source that it receives from; can be repeated. */
NKS_EXPORT int nks_unix_socket_datagram_connect(int fd, const char *path);
/*
 * Receives up to n datagrams. Each result is the datagram's length, or -EMSGSIZE when it did not fit (it is then lost).
 * Returns how many were received, at least 1, or -errno; -EAGAIN: none.
 */
NKS_EXPORT int nks_unix_socket_receive_batch(int fd, struct nks_slot *table, int n);
/*
 * Sends up to n datagrams in order. As with nks_tap_write_batch a datagram that is refused for its own sake
 * (-EMSGSIZE) does not stop those behind it; every other error does, with the reason in that slot's result: -EAGAIN
 * (the receiver's queue is full), -ECONNREFUSED, -ENOTCONN. Returns how many slots before it are done.
 */
NKS_EXPORT int nks_unix_socket_send_batch(int fd, struct nks_slot *table, int n);

/* Waiting (poll.c). */

/*
 * poll(2) over n struct pollfd {i32 fd, i16 events, i16 revents}. timeout in ms, -1 for ever. Returns the number of
 * ready ones, 0 when the time is over.
 */
NKS_EXPORT int nks_poll_poll(void *fds, int n, int timeout_ms);

/*
 * Words of memory that processes share, and that a program waits for (futex.c). word and interrupt are addresses, of
 * int32 aligned to 4 bytes (else -EINVAL), that stay mapped during the call. That the kernel lacks futex_waitv(2) is
 * remembered.
 */

/*
 * Waits while the int32 at word is expected and the one at interrupt is interrupt_expected. word is woken by
 * nks_futex_wake, by any process that maps it; interrupt, 0 for none, by nks_futex_wake_private in this process.
 * timeout in ns, -1 for ever. 0: woken, a word had another value, or a signal came: look again, also at the clock.
 * -ETIMEDOUT: the time is over. Before Linux 5.16 an interrupt is seen 50 ms late at most.
 */
NKS_EXPORT int nks_futex_await(int64_t word, int32_t expected, int64_t interrupt, int32_t interrupt_expected,
			       int64_t timeout_ns);
/* Wakes up to count (at least 1) that wait for the word. Returns how many it woke. */
NKS_EXPORT int nks_futex_wake(int64_t word, int count);
/* The same for the interrupt word of a wait in this process. */
NKS_EXPORT int nks_futex_wake_private(int64_t word, int count);

/* Processes and threads (process.c). */

/* Returns a descriptor for the process; it becomes readable when the process ends. -ESRCH: there is none. */
NKS_EXPORT int nks_process_pidfd_open(int pid);
/* Sends a signal to exactly that process, never to one that got its pid later; signal 0 only asks. */
NKS_EXPORT int nks_process_pidfd_send_signal(int pidfd, int signal);
/*
 * SIGABRT and SIGTRAP leave a panic record from now on (trap/trap.h): header is the address of the own region, socket
 * the attach socket, both to stay valid until the next call; header 0: they leave none any more.
 */
NKS_EXPORT int nks_process_trap(uint64_t header, int socket);
/*
 * The calling thread moves an OS's frames: it preempts nobody when it is woken, and where there are two processors it
 * keeps to the second of them (sched/endpoint.h).
 */
NKS_EXPORT int nks_process_endpoint_thread(void);
/* The process watches OSes: its turns come before theirs, if that is allowed (sched/supervisor.h). */
NKS_EXPORT int nks_process_supervisor(void);
/* The process looks at frames and may be late: their turns come before its own (sched/bystander.h). */
NKS_EXPORT int nks_process_bystander(void);
/*
 * Many descriptors behind one, which is readable when one of them has something new, edge by edge. `token` names a
 * descriptor in the answer of await: the number of tokens written, at most n and 64; 0 when the time is over (-1: never)
 * or a signal came; -errno.
 */
NKS_EXPORT int nks_wait_set_create(void);
NKS_EXPORT int nks_wait_set_add(int set, int fd, int token);
NKS_EXPORT int nks_wait_set_remove(int set, int fd);
NKS_EXPORT int nks_wait_set_await(int set, int32_t *tokens, int n, int timeout_ms);

/*
 * Devices (claim.c): takes the lock file of one, as claim/claim.h says it. Returns a descriptor, the end of which gives
 * the device back; -EWOULDBLOCK if it has an owner; -errno.
 */
NKS_EXPORT int nks_claim_take(const char *directory, const char *name, const char *owner);

/*
 * Capture filters (filter/filter.c), in libpcap's language, for Ethernet frames.
 *
 * A program is at most capacity bytes, NKS_FILTER_INSTRUCTION for each of its instructions.
 */
#define NKS_FILTER_INSTRUCTION 8
#define NKS_FILTER_SNAP_LENGTH 262144

/*
 * Compiles a filter. Returns the program's bytes; -EINVAL and libpcap's message in error; -E2BIG: it is too long;
 * -ENOSYS: libpcap is not installed.
 */
NKS_EXPORT int nks_filter_compile(const char *text, void *program, int capacity, char *error, int error_length);
/* Whether a program that somebody else compiled ends and jumps nowhere: 0, -EINVAL, -ENOSYS. */
NKS_EXPORT int nks_filter_check(const void *program, int length);
/*
 * Runs a checked program on n frames; table has for each the offset from base and the length, results gets 1 or 0. What
 * somebody else writes meanwhile changes the result and nothing else. Returns how many match.
 */
NKS_EXPORT int nks_filter_match(const void *program, const void *base, const int32_t *table, int n, void *results);

#endif
