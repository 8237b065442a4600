package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	gin.DefaultWriter, gin.DefaultErrorWriter = io.Discard, io.Discard
	testenv.Main(m)
}

func TestRoom(t *testing.T) {
	url := try.Server(t, router())
	lobby := try.Dial(t, url+"/rooms/lobby", nil)
	attic := try.Dial(t, url+"/rooms/attic", nil)
	try.Answer(t, lobby, "hello", "lobby: hello")
	try.Answer(t, attic, "hello", "attic: hello")
	try.Answer(t, lobby, "again", "lobby: again")
}

func TestRefusals(t *testing.T) {
	url := try.Server(t, router())
	try.Refused(t, url+"/rooms/lobby", try.Foreign, http.StatusForbidden)
	try.Refused(t, url+"/elsewhere", nil, http.StatusNotFound)
}

// A panic costs its connection, and no other.
func TestPanic(t *testing.T) {
	r := router()
	r.GET("/panic", gin.WrapH(websocket.Handler(func(context.Context, *websocket.Conn) error { panic("broken") })))
	url := try.Server(t, r)
	other := try.Dial(t, url+"/rooms/lobby", nil)
	try.Closed(t, try.Dial(t, url+"/panic", nil), websocket.StatusInternalError)
	try.Answer(t, other, "hello", "lobby: hello")
}

// An unwrapper is what net/http asks of middleware, and too little for gin.
type unwrapper struct{ http.ResponseWriter }

func (w unwrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// gin's ResponseWriter insists that the one below it is an http.Hijacker and
// panics otherwise: middleware around a gin.Engine needs Hijack, not Unwrap.
func TestMiddlewareAroundGin(t *testing.T) {
	var panicked any
	r := gin.New()
	r.Use(gin.CustomRecovery(func(c *gin.Context, v any) {
		panicked = v
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	r.GET("/rooms/:room", room)
	r.GET("/below/:room", func(c *gin.Context) {
		below := c.Writer.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
		websocket.Handler(func(ctx context.Context, conn *websocket.Conn) error {
			return conn.Write(ctx, websocket.Text, []byte("welcome"))
		}).ServeHTTP(below, c.Request)
	})
	url := try.Server(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.ServeHTTP(unwrapper{w}, q) }))
	try.Refused(t, url+"/rooms/lobby", nil, http.StatusOK) // gin takes the response for written
	if !strings.Contains(fmt.Sprint(panicked), "is not http.Hijacker") {
		t.Errorf("gin panicked with %v", panicked)
	}
	try.Read(t, try.Dial(t, url+"/below/lobby", nil), "welcome")
}
